"""Hostile tables: each maker writes one input for a case, drawn from the case's own chance."""

from __future__ import annotations

import gzip
import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

# Beside a table of which it is known how many rows a reader must find.
ROWS = "rows"
Maker = Callable[[random.Random, Path], str]
_TEXTS = (
    "", " ", "NA", "null", "-", "0", "-0.0", "1e400", "1e-400", "NaN", "Infinity", "١٢", "½",
    "2013-02-30", "2013-13-01", "9999-12-31", "99999-01-01", "24:00:00", "true", "T",
    "ÿ", "é", "日本", "\u202e", "\ufeff", "a\u0301", "𝔸", "\x01", "\x7f", "'", "`", "``", "${HOME}",
    "$(id)", "; drop table x", "../../etc/passwd", "=1+1", "@SUM(A1)", "\\", "\\n", "%s", "{}",
    "\t", "9" * 400, "a" * 5000,
)  # fmt: skip
_ENCODINGS = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-32",
    "latin-1",
    "cp1252",
    "shift_jis",
)


def rows_of(
    chance: random.Random, columns: int, rows: int, *, mild: bool = False
) -> list[list[str]]:
    """Draw cells, most of them plain, some of them hostile; ``mild``: where there are texts anyway.

    The last column, the target, is plain numbers in a mild table.
    """

    def cell(column: int) -> str:
        number = column % 2 == 1 or (mild and column == columns - 1)
        if chance.random() < 0.1 and not (mild and number):
            return chance.choice(_TEXTS)
        return str(chance.randint(0, 9)) if number else chance.choice("abc")

    return [[cell(column) for column in range(columns)] for _ in range(rows)]


def csv_text(
    rows: list[list[str]], header: list[str], chance: random.Random, *, mild: bool = False
) -> str:
    """Write lines as a person would who has not read RFC 4180 to its end; ``mild``: who has."""
    separator = chance.choice((",", ",", ",", ";", "\t", "|"))
    ending = chance.choice(("\n", "\n", "\r\n", "\r", *(() if mild else ("\n\r",))))

    def quoted(text: str) -> str:
        style = chance.random()
        if mild:
            needed = any(mark in text for mark in (separator, '"', "\n", "\r"))
            style = 0.85 if needed or style > 0.9 else 0.0
        if style < 0.8:
            return text
        if style < 0.9:
            return '"' + text.replace('"', '""') + '"'
        return chance.choice(
            (f'"{text}', f'{text}"', f'"{text}"x', f'"{text}\n{text}"', f'\\"{text}')
        )

    lines = [separator.join(map(quoted, row)) for row in [header, *rows]]
    return ending.join(lines) + chance.choice(("", ending, ending * 3))


def messy_csv(chance: random.Random, folder: Path) -> str:
    """Quotes, separators, line ends and cells of every kind; in some encoding."""
    mild = chance.random() < 0.5
    columns = chance.randint(2 if mild else 1, 6)
    header = [f"c{i}" for i in range(columns - 1)] + ["y"]
    rows = rows_of(chance, columns, chance.randint(40 if mild else 0, 60), mild=mild)
    text = csv_text(rows, header, chance, mild=mild)
    odd = chance.random() < (0.0 if mild else 0.6)
    data = text.encode(chance.choice(_ENCODINGS) if odd else "utf-8", "replace")
    (folder / "t.csv").write_bytes(data)
    if mild:
        (folder / ROWS).write_text(str(len(rows)))
    return "t.csv"


def flipped_csv(chance: random.Random, folder: Path) -> str:
    """A plain file with bytes exchanged, cut out or repeated."""
    header = ["id", "x", "s", "y"]
    lines = [header] + [[str(i), "1.5", "a", str(i % 3)] for i in range(60)]
    data = bytearray("\n".join(",".join(line) for line in lines).encode())
    _spoil(chance, data)
    (folder / "t.csv").write_bytes(data)
    return "t.csv"


def strange_header(chance: random.Random, folder: Path) -> str:
    """Names that are empty, twice there, hostile, or like those that the job keeps for itself."""
    names = ["", " ", "a", "a", "A", "y ", "__prepare_split", "split", "a.b", "`", "a`b", '"',
             "x,y", "${y}", "\n", "../y", "é", "e\u0301", "y" * 3000, "0", "null", "'", "%s", "{}",
             "a=b", "\u202e", "$(id)", "; drop table x", "_c0", "input", "<script>"]  # fmt: skip
    mild = chance.random() < 0.5
    if mild:  # none that is refused
        good = [name for name in dict.fromkeys(names) if name.strip() and "__prepare" not in name]
        header = chance.sample([name for name in good if name.isprintable() and name != "A"], 4)
    else:
        header = [chance.choice(names) for _ in range(chance.randint(1, 5))]
    if mild or chance.random() < 0.8:
        header.append("y")
    rows = rows_of(chance, len(header), 40, mild=mild)
    (folder / "t.csv").write_text(csv_text(rows, header, chance, mild=mild), "utf-8", "replace")
    if mild:
        (folder / ROWS).write_text(str(len(rows)))
    return "t.csv"


def huge(chance: random.Random, folder: Path) -> str:
    """Fields and lines of 50 MB, early and late, 20,000 columns, and as many labels as rows."""
    kind = chance.choice(("field", "columns", "line", "rows of nothing", "labels", "few rows"))
    # Beyond what a look at the first rows sees, or within.
    before = chance.choice((0, 60, 200_000))
    good = "".join(f"{i},{'ab'[i % 2]},{i % 3}\n" for i in range(max(before, 60)))
    with (folder / "t.csv").open("w") as stream:
        if kind == "columns":
            count = chance.choice((200, 20_000))
            stream.write(",".join(f"c{i}" for i in range(count)) + ",y\n")
            for row in range(60):
                stream.write(",".join(str(i % 7 + row) for i in range(count)) + f",{row % 3}\n")
        elif kind == "few rows":
            stream.write("x,y\n" + "a" * (50 << 20) + ",1\n2,2\n")
        else:
            quote = chance.choice(("", '"'))
            if kind == "field":
                worst = f"1,{quote}{'a' * (50 << 20)}{quote},1\n"
            elif kind == "line":
                worst = "1," * (5 << 20) + "\n"
            elif kind == "labels":
                worst = "".join(f"{i},label-{i},1\n" for i in range(150_000))
            else:
                worst = "\n" * (1 << 20)
            parts = (good, worst) if before else (worst, good)
            stream.write("id,x,y\n" + "".join(parts))
    return "t.csv"


def packed(chance: random.Random, folder: Path) -> str:
    """Gzip that is cut off, spoiled, packed twice, of another name, or swells a thousandfold."""
    plain = b"x,y\n" + b"".join(b"%d,%d\n" % (i, i % 3) for i in range(60))
    kind = chance.choice(("whole", "cut", "spoiled", "twice", "named", "bomb"))
    data = bytearray(gzip.compress(plain, mtime=0))
    if kind == "cut":
        del data[chance.randint(1, len(data) - 1) :]
    elif kind == "spoiled":
        _spoil(chance, data)
    elif kind == "twice":
        data = bytearray(gzip.compress(bytes(data), mtime=0))
    elif kind == "bomb":
        swollen = chance.choice((b"\n" * (40 << 20), b"7,1\n" * (1 << 20), b"7" * (40 << 20)))
        data = bytearray(gzip.compress(plain + swollen, mtime=0))
    name = chance.choice(("t.csv", "t.csv.bz2", "t.csv.zst")) if kind == "named" else "t.csv.gz"
    (folder / name).write_bytes(data)
    return name


def parquet(chance: random.Random, folder: Path) -> str:
    """Parquet with odd types, empty, cut off, or with bytes exchanged."""
    columns: dict[str, pa.Array] = {
        "id": pa.array(range(60)),
        "x": pa.array([1.5, None, float("nan") if chance.random() < 0.2 else 2.5] * 20),
        "s": pa.array(["a", None, "ÿ"] * 20),
        "y": pa.array([1, 2, 3] * 20),
    }
    odd = (
        pa.array([[1], [], None] * 20), pa.array([{"a": 1}, None, {"a": 2}] * 20),
        pa.array([b"\xff", b"", None] * 20), pa.array([1, None, 2**64 - 1] * 20, pa.uint64()),
        pa.array([None] * 60), pa.array(["a", "b", "a"] * 20).dictionary_encode(),
    )  # fmt: skip
    if chance.random() < 0.5:
        columns["odd"] = chance.choice(odd)
    table = pa.table(columns)
    if chance.random() < 0.1:
        table = table.slice(0, 0)
    stream = io.BytesIO()
    pq.write_table(table, stream, compression=chance.choice(("snappy", "zstd", "gzip", "none")))
    data = bytearray(stream.getvalue())
    kind = chance.choice(("whole", "whole", "whole", "cut", "spoiled", "footer", "magic"))
    if kind == "cut":
        del data[chance.randint(0, len(data) - 1) :]
    elif kind == "spoiled":
        _spoil(chance, data)
    elif kind == "footer":
        data[-8:-4] = chance.randbytes(4)
    elif kind == "magic":
        data[:4] = b"PAR2"
    (folder / "t.parquet").write_bytes(data)
    return "t.parquet"


def directory(chance: random.Random, folder: Path) -> str:
    """Several files that do not go together, or only just do."""
    makers = (messy_csv, flipped_csv, packed, parquet, strange_header)
    place = folder / "many"
    place.mkdir()
    if chance.random() < 0.5:
        _nearly_alike(chance, place)
        return "many"
    for number in range(chance.randint(0, 4)):
        part = folder / f"part-{number}"
        part.mkdir()
        name = chance.choice(makers)(chance, part)
        (part / name).rename(place / f"{number}-{name}")
    return "many"


def _nearly_alike(chance: random.Random, place: Path) -> None:
    """Write parts of one table, some of them empty, without rows, packed, or another's."""
    for number in range(chance.randint(2, 4)):
        rows = "".join(f"{i},{chance.choice('abc')},{i % 3}\n" for i in range(60))
        text = "id,s,y\n" + rows
        kind = chance.random()
        if kind < 0.4:
            text = chance.choice(
                ("", "id,s,y\n", "id,s,y", "y,s,id\n" + rows, rows, text.replace("\n", "\r\n"),
                 "\ufeff" + text, text.replace(",a,", ",,"), text[:-2], "id,s,y\n1,2,3,4\n")
            )  # fmt: skip
        data = text.encode()
        name = f"{chance.choice(('', '', '', '_', '.'))}part-{number}.csv"
        if chance.random() < 0.3:
            name, data = name + ".gz", gzip.compress(data, mtime=0)
        (place / name).write_bytes(data)
    if chance.random() < 0.2:
        (place / chance.choice(("_SUCCESS", "notes.txt", "a.csv.crc"))).write_text("")


def json_lines(chance: random.Random, folder: Path) -> str:
    """JSON that is nested, of mixed types, broken, not by lines, or only strange."""
    if mild := chance.random() < 0.5:
        values: tuple[Any, ...] = chance.choice(
            ((1, None, -0.0, 1e300, 5e-324), (1, 2**53, -(2**63)), ("a", 1, True, None, "\x00"),
             (True, None, "true"), ("é", "\ud83d\ude00", "", " "), ("2013-02-30", "2013-02-28"))
        )  # fmt: skip
    else:
        values = (1, 1.5, "a", None, True, [1, [2]], {"a": {"b": 1}}, 10**40, "\ud800")
    lines = []
    for i in range(60):
        row = {"x": chance.choice(values), "s": chance.choice("abc"), "y": i % 3}
        if chance.random() < 0.1:
            del row[chance.choice(("x", "s"))]
        line = json.dumps(row, ensure_ascii=chance.random() < 0.5)
        lines.append(line[:-1] + ', "x": 1}' if not mild and chance.random() < 0.1 else line)
    whole = "\n".join(lines)
    if mild:
        text = chance.choice((whole, whole + "\n", "\r\n".join(lines), whole + "\n\n"))
    else:
        deep = "[" * 20_000 + "]" * 20_000
        text = chance.choice((whole, "[" + ",\n".join(lines) + "]", whole[:-9],
                              '{"y": ' + deep + "}", "{}", "null\n1\n"))  # fmt: skip
    (folder / "t.json").write_text(text, "utf-8", "surrogatepass")
    return "t.json"


def _spoil(chance: random.Random, data: bytearray) -> None:
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data) or 1)
        kind = chance.random()
        if kind < 0.5:
            data[at : at + 1] = chance.randbytes(1)
        elif kind < 0.75:
            del data[at : at + chance.randint(1, 20)]
        else:
            data[at:at] = chance.randbytes(chance.randint(1, 20))


TABLES: dict[str, Maker] = {
    "messy csv": messy_csv,
    "flipped csv": flipped_csv,
    "strange header": strange_header,
    "packed": packed,
    "parquet": parquet,
    "directory": directory,
    "huge": huge,
}
# What Spark is given: JSON is read by Spark alone.
SPARK_TABLES: dict[str, Maker] = {**TABLES, "json": json_lines}
