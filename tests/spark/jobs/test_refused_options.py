"""Options and contracts that prepare refuses: exit 2, the mistake named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from refusals import assert_refused

Prepare = Callable[..., Any]
Table = Callable[..., Path]


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--weights=-0.1,0.6,0.5", "weights '-0.1,0.6,0.5': each must be above 0"),
        ("--weights=1,0,0", "weights '1,0,0': each must be above 0"),
        ("--weights=0.7,0.2,0.2", "weights '0.7,0.2,0.2' sum to 1.1; they must sum to 1"),
        ("--weights=0.5,0.5", "weights '0.5,0.5': there must be 3"),
        ("--weights=a,b,c", "weights 'a,b,c' are not numbers"),
        ("--weights=nan,nan,nan", "weights 'nan,nan,nan' are not numbers"),
        ("--seed=9223372036854775808", "seed 9223372036854775808 does not fit 64 bits"),
        ("--min-frequency=0", "min_frequency must be 1 or more, not 0"),
        ("--max-labels=-1", "max_labels must be 1 or more, not -1"),
        ("--max-labels=all", "argument --max-labels: 'all' is neither a number nor unlimited"),
        ("--median-error=1", "median_error must be in [0, 1), not 1.0"),
        ("--median-error=nan", "median_error must be in [0, 1), not nan"),
        ("--format=orc", "argument --format: invalid choice: 'orc'"),
        ("--input-format=xml", "argument --input-format: invalid choice: 'xml'"),
        ("--fill=mode", "argument --fill: invalid choice: 'mode'"),
        ("--unseen=ignore", "argument --unseen: invalid choice: 'ignore'"),
        ("--split-method=time", "argument --split-method: invalid choice: 'time'"),
        ("--seed=abc", "argument --seed: invalid int value: 'abc'"),
        ("--colour=red", "unrecognized arguments: --colour=red"),
    ],
)
def test_an_option_that_is_wrong(
    prepare: Prepare, table: Table, clean_csv: str, option: str, said: str
) -> None:
    assert_refused(prepare(table(clean_csv), option), said)


@pytest.mark.parametrize("option", ["--contract", "--preprocessor"])
def test_a_file_option_that_names_no_file(
    prepare: Prepare, table: Table, clean_csv: str, tmp_path: Path, option: str
) -> None:
    path = table(clean_csv)
    assert_refused(prepare(path, option, tmp_path / "no.json"), f"no file {tmp_path / 'no.json'}")
    assert_refused(prepare(path, option, tmp_path), f"no file {tmp_path}")
    latin = table(b'{"name": "caf\xe9"}', "latin.json")
    assert_refused(prepare(path, option, latin), f"{latin} is not UTF-8 text: byte 13")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"columns": [\n  {"name": "x",}\n]}', "line 2, column 16: not valid JSON"),
        ("", "line 1, column 1: not valid JSON"),
        ("[]", "it must be a JSON object"),
        ("{}", "columns must be a list with at least one column"),
        ('{"columns": []}', "columns must be a list with at least one column"),
        ('{"columns": [{"type": "int"}]}', "column 1 must be an object with a name"),
        ('{"columns": [{"name": "x"}]}', "column 'x': type 'None' is not supported"),
    ],
)
def test_a_contract_that_cannot_be_read(
    prepare: Prepare, table: Table, clean_csv: str, text: str, said: str
) -> None:
    contract = table(text, "contract.json")
    done = prepare(table(clean_csv), "--contract", contract)
    assert_refused(done, contract, said)


def test_every_mistake_of_a_contract_at_once(
    prepare: Prepare, table: Table, clean_csv: str
) -> None:
    text = json.dumps(
        {
            "contract_version": 2,
            "colour": "red",
            "key": "id",
            "csv": {"encoding": "UTF-9"},
            "columns": [
                {"name": "id", "type": "number"},
                {"name": "x", "type": "double", "nullable": "no", "unit": "m"},
            ],
        }
    )
    done = prepare(table(clean_csv), "--contract", table(text, "contract.json"))
    assert_refused(
        done,
        "contract_version is 2, this program reads 1",
        "unknown field 'colour'",
        "key must be a list of texts, not 'id'",
        "csv.encoding 'UTF-9' is not known",
        "column 'id': type 'number' is not supported",
        "column 'x': nullable must be true or false",
        "column 'x': unknown field 'unit'",
    )


def test_every_contradiction_of_a_contract_at_once(
    prepare: Prepare, table: Table, clean_csv: str
) -> None:
    text = json.dumps(
        {
            "target": "price",
            "key": ["customer"],
            "on_breach": "ignore",
            "columns": [
                {"name": "x", "type": "double", "treat": "category"},
                {"name": "s", "type": "string", "treat": "numeric"},
                {"name": "s", "type": "string", "on_breach": "explode"},
            ],
        }
    )
    done = prepare(table(clean_csv), "--contract", table(text, "contract.json"))
    assert_refused(
        done,
        "target 'price' is not a column",
        "key 'customer' is not a column",
        "on_breach 'ignore' is none of fail, drop, quarantine",
        "column 'x': a double cannot be treated as a category",
        "column 's': a string cannot be treated as numeric",
        "column 's' is listed 2 times",
        "column 's': on_breach 'explode' is none of",
    )
