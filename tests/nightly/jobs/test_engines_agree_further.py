"""Odd tables, layouts and options: every engine publishes what Spark publishes, bit for bit."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from run_command import Done, Run
from twins import (
    WITH_NULLS,
    csv_of,
    parquet_of_every_type,
    write_files,
)

ROOT = Path(__file__).resolve().parents[3]
BOTH = ("sail", "one machine")
Agree = Callable[..., Done]


Write = Callable[[Path], object]


def written(text: str | bytes, name: str = "t.csv") -> Write:
    data = text.encode() if isinstance(text, str) else text
    return lambda folder: (folder / name).write_bytes(data)


TWICE = csv_of("x: 0.1 -0.0 0.0 ", "s: a b ") + csv_of("x: 0.1 -0.0 0.0 ", "s: a b ")[10:]
# A table, an option or more, the engines that take them.
CSV: dict[str, tuple[Write, str, tuple[str, ...]]] = {
    "three files, median": (lambda f: write_files(f, WITH_NULLS, 3), "--fill median", BOTH),
    "many files, no fill": (lambda f: write_files(f, WITH_NULLS, 150), "--fill none", BOTH),
    "gz, median, scaled": (
        written(gzip.compress(WITH_NULLS.encode()), "t.csv.gz"), "--fill median --scale", BOTH
    ),
    "bom and crlf, keep": (
        written("\ufeff" + WITH_NULLS.replace("\n", "\r\n")), "--unseen keep --max-labels 2", BOTH
    ),
    "cr, separate": (
        written(WITH_NULLS.replace("\n", "\r")), "--unseen separate --max-labels 2", BOTH
    ),
    "semicolons, skip": (
        written(WITH_NULLS.replace(",", ";")), "--unseen skip --max-labels 2", BOTH
    ),
    "blank lines, frequent labels": (written(WITH_NULLS + "\n\n"), "--min-frequency 60", BOTH),
    "no last newline, weights": (
        written(WITH_NULLS.rstrip("\n")), "--weights .5,.25,.25 --seed -7 --key id", BOTH
    ),
    "duplicates, scaled": (written(TWICE), "--drop-duplicates --scale", BOTH),
    "doubles of every size": (
        written(csv_of("x: 1e300 -1e300 5e-324 1e-310 0.1 -0.0 0", "m: 1e-30 1e30 -1e15 3.3")),
        "", BOTH,
    ),
    "digits of every number, scaled": (
        written(csv_of("x: 1e150 -1e150 5e-324 0.1", "n: 123456789012345678901234567890 1 0.1",
                       "i: 9007199254740993 -9223372036854775808 9223372036854775807 1")),
        "--scale", BOTH,
    ),
    "labels": (
        written(csv_of("`a.b`: ä 日本 🛫 \u0301e é A a ß", "with blank:  x . .. x.y -",
                       "t: 001 1 1.0 true NaN nan null NULL")), "", BOTH,
    ),
    "times": (
        written(csv_of("t: 2013-01-01T05:00:00Z 1969-12-31T23:59:59.999999Z 2013-06-01T00:00:00.5Z",
                       "d: 2013-01-01 1960-02-29 2400-12-31")), "", BOTH,
    ),
    "line breaks in quotes": (
        written("id,s,y\n" + "".join(f'{i},"two\nlines, {i % 3}",{i % 5}\n' for i in range(90))),
        "", ("one machine",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CSV)
def test_csv(agree: Agree, tmp_path: Path, name: str) -> None:
    write, options, engines = CSV[name]
    (tmp_path / "in").mkdir()
    write(tmp_path / "in")
    agree(tmp_path / "in", *options.split(), engines=engines)


@pytest.mark.parametrize("target", ["f", "large", "b", "t", "s"])
def test_parquet_by_target(agree: Agree, tmp_path: Path, target: str) -> None:
    pq.write_table(parquet_of_every_type(), tmp_path / "t.parquet", row_group_size=100)
    # pandas stores a decimal in another way.
    engines = ("sail",) if target == "large" else BOTH
    agree(tmp_path / "t.parquet", "--fill", "median", target=target, engines=engines)


def test_scaled_parquet(agree: Agree, tmp_path: Path) -> None:
    some = parquet_of_every_type().select(["f", "d", "small", "i64", "date", "s", "id", "y"])
    pq.write_table(some, tmp_path / "t.parquet")
    agree(tmp_path / "t.parquet", "--scale", "--drop-duplicates")


def test_flights(agree: Agree, flights_csv: Path, tmp_path: Path) -> None:
    with flights_csv.open(encoding="utf-8") as lines:
        (tmp_path / "flights.csv").write_text("".join(islice(lines, 20_001)))
    options = ("--contract", ROOT / "schemas/flights.json")
    done = agree(tmp_path / "flights.csv", *options, target=None)
    assert done.manifest["rows"]["read"] == 20_000
    assert done.manifest["rows"]["dropped"]["the target is null"] > 0


def test_an_earlier_preprocessor_goes_every_way(publish: Run, agree: Agree, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(WITH_NULLS)
    other = WITH_NULLS.replace(",a,", ",new,").replace(",0.1,", ",99,")
    (tmp_path / "u.csv").write_text(other)
    for engine in ("spark", "one machine"):
        first = publish(engine, tmp_path / "t.csv", "--scale", output=f"first by {engine}")
        given = ("--preprocessor", first.output / "preprocessor.json")
        agree(tmp_path / "u.csv", *given, target=None)


def test_unseen_labels_are_refused_in_the_same_words(command: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(WITH_NULLS)
    line = (tmp_path / "t.csv", tmp_path / "out", "--target", "y", "--unseen", "error")
    said = [command("prepare", *line, "--max-labels", "2", "--engine", engine)
            for engine in ("spark", "sail")]  # fmt: skip
    said.append(command("prepare-tabular", *line, "--max-labels", "2"))
    assert {(done.code, done.err) for done in said} == {(2, said[0].err)}
    assert "labels without an index" in said[0].err
    assert not (tmp_path / "out").exists()
