"""Prepare on the flights table, through the command a user types."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from one_spark import Run
from sklearn.impute import SimpleImputer

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = ROOT / "schemas" / "flights.json"
SPLITS = ("train", "validation", "test")
Submit = Callable[..., subprocess.CompletedProcess[str]]


def manifest_of(output: Path) -> dict[str, Any]:
    return json.loads((output / "manifest.json").read_text())


def split_of(output: Path, name: str) -> pd.DataFrame:
    listed = [f["path"] for f in manifest_of(output)["files"] if f["split"] == name]
    return pd.concat([pq.read_table(output / path).to_pandas() for path in sorted(listed)])


def content_hashes(output: Path) -> list[str]:
    """Hash every published file; of Parquet all data pages, that is, all but the footer.

    The footer lists each column's encodings in the order of a Java HashSet of enums, which
    differs from one JVM to the next.
    """
    contents = []
    for path in sorted(f["path"] for f in manifest_of(output)["files"]):
        content = (output / path).read_bytes()
        if path.endswith(".parquet"):
            content = content[: -8 - int.from_bytes(content[-8:-4], "little")]
        contents.append(content)
    return [hashlib.sha256(content).hexdigest() for content in contents]


@pytest.fixture(scope="module")
def published(
    submit: Submit, flights_csv: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    output = tmp_path_factory.mktemp("flights") / "out"
    done = submit("prepare", flights_csv, output, "--contract", CONTRACT, "--target", "arr_delay")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[Stage " not in done.stdout + done.stderr  # as on a terminal: see test_terminal
    return output, done.stdout


@pytest.fixture(scope="module")
def raw(flights_csv: Path) -> pd.DataFrame:
    return pd.read_csv(flights_csv, na_values=["NA"], keep_default_na=False)


def test_every_row_is_accounted_for(published: tuple[Path, str]) -> None:
    output, said = published
    rows = manifest_of(output)["rows"]
    assert rows["read"] == 336_776
    assert rows["dropped"] == {"the target is null": 9_430}
    assert rows["quarantined"] == {}
    assert sum(rows["published"].values()) == 327_346
    assert sum(len(split_of(output, name)) for name in SPLITS) == 327_346
    assert "336,776" in said
    assert "9,430" in said


def test_shares_are_those_asked_for(published: tuple[Path, str]) -> None:
    counts = manifest_of(published[0])["rows"]["published"]
    shares = [counts[name] / 327_346 for name in SPLITS]
    assert shares == pytest.approx([0.70, 0.15, 0.15], abs=0.003)


def test_a_second_run_gives_the_same_bytes(
    run: Run, flights_csv: Path, published: tuple[Path, str]
) -> None:
    output, _ = published
    before = content_hashes(output)
    done = run(["prepare", flights_csv, output, "--contract", CONTRACT, "--target", "arr_delay"])
    assert done.code == 0, done
    assert content_hashes(output) == before
    on_disk = {p.relative_to(output).as_posix() for p in output.rglob("*.parquet")}
    listed = {f["path"] for f in manifest_of(output)["files"] if f["split"]}
    assert on_disk == listed


def test_labels_are_those_of_string_indexer(published: tuple[Path, str], raw: pd.DataFrame) -> None:
    """Most frequent first, ties in alphabetical order; counted over the training rows."""
    output, _ = published
    train = train_rows(output, raw)
    learned = json.loads((output / "preprocessor.json").read_text())
    for column in learned["columns"]:
        if column["action"] == "index":
            counts = Counter(train[column["name"]].dropna())
            expected = sorted(counts, key=lambda label: (-counts[label], label))
            assert column["labels"] == expected


def test_means_are_the_exact_means_of_the_training_rows(
    published: tuple[Path, str], raw: pd.DataFrame
) -> None:
    output, _ = published
    train = train_rows(output, raw)
    learned = json.loads((output / "preprocessor.json").read_text())
    fills = {c["name"]: c["fill"] for c in learned["columns"] if "fill" in c}
    assert sorted(fills) == ["air_time", "arr_time", "dep_delay", "dep_time"]
    for name, fill in fills.items():
        cells = [int(cell) for cell in train[name].dropna()]
        assert fill == float(Fraction(sum(cells), len(cells)))
    sklearn = SimpleImputer(strategy="mean").fit(train[sorted(fills)])
    assert [fills[name] for name in sorted(fills)] == pytest.approx(
        sklearn.statistics_.tolist(), rel=1e-13
    )


def train_rows(output: Path, raw: pd.DataFrame) -> pd.DataFrame:
    """Find the raw rows that are in train, by the key that both tables have."""
    train = split_of(output, "train")
    labels = json.loads((output / "preprocessor.json").read_text())["columns"]
    carriers = next(c["labels"] for c in labels if c["name"] == "carrier")
    key = pd.DataFrame(
        {
            "time_hour": train["time_hour"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "carrier": [carriers[int(index)] for index in train["carrier_indexed"]],
            "flight": train["flight"],
        }
    )
    found = raw.merge(key, on=["time_hour", "carrier", "flight"], how="inner")
    assert len(found) == len(train)
    return found


def test_without_contract_na_is_understood(run: Run, flights_csv: Path, tmp_path: Path) -> None:
    done = run(["prepare", flights_csv, tmp_path / "out", "--target", "arr_delay"])
    assert done.code == 0, done
    manifest = manifest_of(tmp_path / "out")
    assert manifest["contract"]["inferred"] is True
    assert manifest["contract"]["null_tokens"] == ["", "NA"]
    assert sum(manifest["rows"]["published"].values()) == 327_346
    assert "'NA' is read as null" in done.out


def test_adding_rows_moves_no_old_row(run: Run, flights_csv: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.csv"
    with flights_csv.open() as source, half.open("w") as out:
        for number, line in enumerate(source):
            if number == 0 or number % 2:
                out.write(line)
    where: list[dict[tuple[Any, ...], str]] = []
    for data in (half, flights_csv):
        output = tmp_path / data.stem
        key = "time_hour,carrier,flight"
        options = ["--target", "arr_delay", "--key", key, "--format", "csv"]
        done = run(["prepare", data, output, "--contract", CONTRACT, *options])
        assert done.code == 0, done
        carriers = json.loads((output / "preprocessor.json").read_text())["columns"]
        labels = next(c["labels"] for c in carriers if c["name"] == "carrier")
        found = {}
        for entry in manifest_of(output)["files"]:
            if entry["split"]:
                with (output / entry["path"]).open() as part:
                    for row in csv.DictReader(part):
                        carrier = labels[int(float(row["carrier_indexed"]))]
                        found[(row["time_hour"], carrier, row["flight"])] = entry["split"]
        where.append(found)
    old, new = where
    assert len(old) > 160_000
    assert {key: new[key] for key in old} == old
