"""What is decided before a row is read: header, contract, target, key, preprocessor, output."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from refusals import refused
from run_command import Run

from jobs.config import PrepareConfig
from jobs.declared import contract_of_types
from jobs.engine import Engine
from jobs.footers import check_footers
from jobs.local_files import LocalFiles
from jobs.source import find_source
from jobs.task import Task, chosen_contract, open_task
from schemas.contract import Column, Contract
from transforms.preprocessor_json import preprocessor_from_json

Table = Callable[..., Path]
X = {"name": "x", "type": "double", "action": "number", "output": "x", "output_type": "double"}
S = {"name": "s", "type": "string", "action": "index", "output": "s_i", "output_type": "double",
     "labels": ["a"], "unseen": "keep"}  # fmt: skip
Y = {"name": "y", "type": "bigint", "action": "keep", "output": "y", "output_type": "bigint"}
H = {**X, "name": "h", "output": "h"}
PREPROCESSOR = {
    "format": "spark-etl-preprocessor",
    "format_version": 1,
    "target": "y",
    "train_rows": 9,
    "options": {},
    "columns": [X, Y],
}


MISFIT = (
    "table.csv does not fit contract 'orders'",
    "column 'a' is in the contract, not in the input",
    "column 'id' is in the input, not in the contract",
)


def contract_json(*columns: dict[str, Any], **more: Any) -> str:
    return json.dumps({"name": "orders", "columns": columns, **more})


def ints(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "type": "int"} for name in names]


@pytest.fixture
def open_csv(engine_without_session: Engine, table: Table, tmp_path: Path) -> Callable[..., Task]:
    """Open a CSV under a contract, with target y."""

    def run(text: str | bytes, contract: str | None = None, name: str = "t.csv") -> Task:
        given = str(table(contract, "c.json")) if contract else None
        paths = (str(table(text, name)), str(tmp_path / "out"))
        return open_task(engine_without_session, PrepareConfig(*paths, target="y", contract=given))

    return run


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty: 0 bytes"),
        ("\n\n", "has no columns: its first line is empty"),
        ("id,x,y\n", "has a header and no rows: id, x, y"),
        ("id,x,y", "has a header and no rows: id, x, y"),
        ("\ufeffid,x,y\r\n", "has a header and no rows: id, x, y"),
        ("id,id,s,y\n1,2,3,4\n", "the name 'id' stands 2 times"),
        ("id,,s,y\n1,2,3,4\n", "column 2 has no name"),
        ("_metadata,y\n1,2\n", "column '_metadata': Spark keeps this name for itself"),
        ("__prepare_y,y\n1,2\n", "column '__prepare_y': names starting with __prepare_ are res"),
        ('id,"x\n",y\n1,2,3\n', "column 2, 'x\\n': the name has a NUL, line break or bad byte"),
        (b"x,\x00y\n1,2\n", ("t.csv, line 1: the header holds a NUL byte", "a text file?")),
        (b"s,y\na,1\nb,2\ncaf\xe9,3\n", ("t.csv, line 4: not UTF-8 (byte 0xe9)", "ISO-8859-1")),
        (b"\x1f\x8b\x08\x00", "is gzip-compressed; its name must end in .gz"),
        ("s,s_indexed,y\na,1,2\n", "'s' is indexed into 's_indexed', which exists"),
        (b"x,y\n" + b"z" * (1 << 21) + b",1\na,2\n", "its first rows are longer than 1,048,576"),
    ],
)
def test_a_csv_that_cannot_be_used_is_refused(
    refuses: Run, table: Table, content: str | bytes, says: Any
) -> None:
    """In the same words by both jobs."""
    path = table(content, "t.csv")
    told = refuses(path, says=says).err
    assert refuses(path, job="prepare-tabular", says=says).err == told


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"y": 1, "t": ["a"], "w": {"n": 1}}\n', ("column 't' holds objects or", "column 'w' ho")),
        ('[{"y": 1}]\n', "t.json, line 1: not a JSON object but '[{"),
        ('{"y": 1}\n3\n', "t.json, line 2: not a JSON object but '3"),
        ('{"y":\n1}\n', "t.json, line 1: not one JSON object a line"),
        ("[" * 100_000, "t.json, line 1: not one JSON object a line"),
        (b'{"x": "\xe9"}\n', "t.json, line 1: not UTF-8 (byte 0xe9); convert the file\n"),
        ("{}\n", "has no columns"),
    ],
)
def test_json_that_is_not_one_flat_object_a_line_is_refused(
    refuses: Run, table: Table, content: str | bytes, says: Any
) -> None:
    refuses(table(content, "t.json"), says=says)


@pytest.mark.parametrize(
    ("options", "target", "says"),
    [
        ((), "price", "target 'price' is not a column; there are: 'id', 'x', 's', 'y'"),
        ((), "Y", "target 'Y' is not a column"),
        ((), None, "no target: give --target COLUMN, or name it in the contract"),
        (("--key", "id,customer"), "y", "key 'customer' is not a column; there are: 'id'"),
    ],
)
def test_target_and_key_are_columns(
    refuses: Run, table: Table, clean_csv: str, options: Any, target: str | None, says: str
) -> None:
    refuses(table(clean_csv), *options, target=target, says=says)
    refuses(table(clean_csv), *options, target=target, says=says, job="prepare-tabular")


@pytest.mark.parametrize("option", ["--contract", "--preprocessor"])
def test_a_file_that_an_option_names_is_one_of_text(
    refuses: Run, table: Table, clean_csv: str, tmp_path: Path, option: str
) -> None:
    path = table(clean_csv)
    refuses(path, option, tmp_path / "no.json", says=f"there is no file {tmp_path / 'no.json'}")
    refuses(path, option, tmp_path, says=f"there is no file {tmp_path}")
    latin = table(b'{"name": "caf\xe9"}', "latin.json")
    refuses(path, option, latin, says=f"{latin} is not UTF-8 text: byte 13")


@pytest.mark.parametrize(
    ("contract", "says"),
    [
        ('{"columns": [\n  {"name": "x",}\n]}', "c.json, line 2, column 16: not valid JSON"),
        ('{"columns": [{"name": "x"}]}', "c.json is not a valid contract:\n  - column 'x': type"),
        (contract_json(*ints("a", "y")), MISFIT),
    ],
)  # fmt: skip
def test_a_contract_that_is_none_or_does_not_fit_is_refused(
    refuses: Run, table: Table, clean_csv: str, contract: str, says: Any
) -> None:
    refuses(table(clean_csv), "--contract", table(contract, "c.json"), says=says)


def test_the_header_is_held_against_a_given_contract_too(open_csv: Callable[..., Task]) -> None:
    message = "the header of .*/t.csv cannot be used:.*'a' stands 2 times.*column 3 has no name"
    refused(open_csv, message, "a,a,,y\n1,2,3,4\n", contract_json(*ints("a", "y")))
    message = "c.csv does not fit contract 'orders':.*column 'prise' is in the contract, not in"
    text = '{"x": 1, "price": 3, "y": 1}\n'
    refused(open_csv, message.replace("c.csv", "t.json"), text,
            contract_json(*ints("x", "prise", "y")), "t.json")  # fmt: skip


def test_declared_types_that_nothing_takes_are_named(table: Table) -> None:
    source = find_source(LocalFiles(), str(table("PAR1", "orders.parquet")))
    types = {"tags": "array<string>", "raw": "binary", "y": "int"}
    message = "column 'tags' is array<string>; flatten it, or list .*column 'raw' is binary"
    refused(contract_of_types, message, types, source)
    assert contract_of_types({"y": "int"}, source) == Contract((Column("y", "int"),), "orders")


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ({"x": pa.int64()}, {"x": pa.string()}, "b.parquet has other columns .*a.parquet: .* 'x'"),
        ({"x": pa.int64()}, {"y": pa.int64()}, "they differ in 'x', 'y'"),
        ({"x": pa.int64()}, {"x": pa.int64(), "z": pa.int8()}, "they differ in 'z'"),
        ({"t": pa.timestamp("ns")}, None, "column 't' is .*; store it as timestamp with micro"),
        ({"t": pa.time64("us")}, None, "column 't' is .*; store it as timestamp with micro"),
        ({"t": pa.time32("ms")}, None, "column 't' is .*; store it as timestamp with micro"),
        ({"t": pa.timestamp("us"), "TIME(": pa.int64()}, None, None),
    ],
)  # fmt: skip
def test_footers_of_parquet_are_compared_and_readable(
    tmp_path: Path, first: Any, second: Any, message: str | None
) -> None:
    for name, types in {"a": first, "b": second or first}.items():
        pq.write_table(pa.schema([*types.items()]).empty_table(), tmp_path / f"{name}.parquet")
    source = find_source(LocalFiles(), str(tmp_path))
    if message:
        refused(check_footers, message, LocalFiles(), source)
    else:
        check_footers(LocalFiles(), source)


def test_a_parquet_file_that_was_cut_off_is_named(table: Table) -> None:
    path = table("PAR1 and no more", "t.parquet")
    refused(LocalFiles().parquet_schema, "t.parquet is not a whole Parquet file", str(path))


@pytest.mark.parametrize(
    ("preprocessor", "says"),
    [
        ("", "p.json is not a preprocessor:\n  - line 1: Expecting value"),
        ({**PREPROCESSOR, "columns": [{**X, "fill": 10**400}, Y]}, "must be finite numbers"),
        ({**PREPROCESSOR, "columns": [{**S, "labels": ["\ud800"]}, Y]}, "p.json is not a preproc"),
        ({**PREPROCESSOR, "target": "x"}, "was fitted for target 'x', --target says 'y'"),
        (
            {**PREPROCESSOR, "columns": [{**X, "type": "date"}, H, Y]},
            ("column 'x' was date in training, is double", "column 'h' is needed, "),
        ),
    ],
)  # fmt: skip
def test_a_preprocessor_that_is_none_or_does_not_fit_is_refused(
    refuses: Run, table: Table, clean_csv: str, preprocessor: Any, says: Any
) -> None:
    text = preprocessor if isinstance(preprocessor, str) else json.dumps(preprocessor)
    path = table(text, "p.json")
    refuses(table(clean_csv), "--preprocessor", path, says=says)
    refuses(table(clean_csv), "--preprocessor", path, job="prepare-tabular", says=says)


@pytest.mark.parametrize(
    ("seen", "trained", "taken"),
    [
        ("bigint", "double", "double"),  # of a batch of whole numbers
        ("bigint", "int", "int"),
        ("bigint", "decimal(7,2)", "decimal(7,2)"),
        ("tinyint", "bigint", "bigint"),
        ("float", "double", "double"),
        ("string", "double", "string"),
        ("double", "float", "double"),
        ("bigint", "string", "bigint"),
    ],
)
def test_inferred_types_give_way_to_those_of_training_where_no_value_is_lost(
    seen: str, trained: str, taken: str
) -> None:
    steps = [{**X, "type": trained}, Y]
    applied = preprocessor_from_json(json.dumps({**PREPROCESSOR, "columns": steps}))
    contract = Contract((Column("x", seen), Column("y", "bigint")))
    config = PrepareConfig("in", "out", preprocessor="p.json")
    chosen = chosen_contract(config, contract, applied, inferred=True)
    assert (chosen.column("x").type, chosen.target) == (taken, "y")
    given = chosen_contract(config, contract, applied, inferred=False)
    assert given.column("x").type == seen


def test_columns_are_planned_as_the_preprocessor_that_was_given_says(
    engine_without_session: Engine, table: Table
) -> None:
    given = str(table(json.dumps(PREPROCESSOR), "p.json"))
    config = PrepareConfig(str(table("x,y\n1,2\n")), "/nowhere/out", preprocessor=given)
    task = open_task(engine_without_session, config)
    planned = [(plan.name, plan.type, plan.output_type) for plan in task.plans]
    assert planned == [("x", "double", "double"), ("y", "bigint", "bigint")]
    assert (task.target, task.applied is not None) == ("y", True)


def test_more_columns_than_spark_can_plan_for_are_refused(refuses: Run, table: Table) -> None:
    names = [*(f"c{i}" for i in range(10_000)), "y"]
    path = table(",".join(names) + "\n" + (",".join("1" * len(names)) + "\n") * 3)
    refuses(path, says=("has 10,001 columns to use", "10,000", "or use prepare-tabular"))


def test_what_would_be_done_is_explained_and_nothing_touched(
    command: Run, table: Table, clean_csv: str, tmp_path: Path
) -> None:
    options = ("--target", "y", "--explain", "--scale", "--fill", "median", "--key", "id")
    done = command("prepare", table(clean_csv), tmp_path / "out", *options)
    assert (done.code, done.err) == (0, "")
    assert [p.name for p in tmp_path.rglob("*")] == ["table.csv"]
    assert done.out.startswith("Engine: spark (the default)\n\nWhat prepare would do")
    lines = [line.split() for line in done.out.splitlines()]
    assert ["x", "double", "median", "fill,", "scale", "x", "(double)"] in lines
    assert ["y", "bigint", "target,", "kept", "y", "(bigint)"] in lines
    assert "hash of id, seed 42, 0.7 / 0.15 / 0.15" in done.out
    done = command("prepare", table(clean_csv), tmp_path / "out", *options, "--engine", "auto")
    assert done.out.startswith("Engine: sail (")
    assert done.err.startswith("engine: sail (")


@pytest.mark.parametrize("job", ["prepare", "infer"])
def test_damage_met_while_types_are_inferred_names_the_file(
    command: Run, table: Table, tmp_path: Path, job: str
) -> None:
    """Its header is whole; zlib says "invalid code lengths set" of what follows."""
    header = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    path = table(header + b"D \x82<\xfd\xe6\xf1\xc2k0\xf9\x0e" * 9, "t.csv.gz")
    done = command(job, path, *([tmp_path / "out"] if job == "prepare" else []), "--target", "y")
    assert done.code == 2
    assert f"error: a compressed file is damaged: file:{path}" in done.err


def test_packed_csv_is_looked_into(open_csv: Callable[..., Task]) -> None:
    task = open_csv(gzip.compress(b"x,y\n1,2\n"), name="t.csv.gz")
    assert [column.type for column in task.contract.columns] == ["bigint", "bigint"]
