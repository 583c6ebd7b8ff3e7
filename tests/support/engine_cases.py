"""What is learned, applied and split is the same on every engine, bit for bit.

A test module imports these tests and says, by the fixtures ``engine`` and ``fitting`` (an engine
that learns), on which engines they run there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from engines import CELLS, INF, NAN, TEXTS, TYPES, Python, Spark, bits, learned
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.learn import FitError
from transforms.plan import ColumnPlan, FitOptions
from transforms.preprocessor import ColumnStep, Preprocessor, UnseenLabelError
from transforms.values import MOST_LABEL_BYTES

Engine = Any
FINITE = st.floats(allow_nan=False, allow_infinity=False)
# Squares are exact from 2^-480 on (docs/preprocessor.md); smaller numbers are 0 here.
TAME = st.floats(-1e9, 1e9).map(lambda x: x if abs(x) > 2.0**-400 else 0.0)
LABELS = ("b", "", "é😀", "a", "NaN")


def number(
    name: str, type_name: str, fill: str | None = None, *, scale: bool = False
) -> ColumnPlan:
    return ColumnPlan(name, type_name, "number", name, "double", fill=fill, scale=scale)


def label(name: str, type_name: str = "string") -> ColumnPlan:
    return ColumnPlan(name, type_name, "index", name + "_indexed", "double")


def table(columns: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """Turn columns c0, c1 … into rows; shorter ones are filled up with nulls."""
    rows = max(map(len, columns))
    filled = [[*column, *[None] * (rows - len(column))] for column in columns]
    return [{f"c{i}": column[row] for i, column in enumerate(filled)} for row in range(rows)]


# Type, cells (nulls behind them up to eight rows), fill, scale; and the fill, center and spread.
EIGHT = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]
NEAR = [1e9 + 0.25, 1e9 + 0.5, 1e9 + 0.75]
TO_LEARN: list[tuple[str, list[Any], str | None, bool, tuple[float | None, ...]]] = [
    *((t, [1, 2, 4], "mean", False, (7 / 3, None, None)) for t in ("tinyint", "int", "bigint")),
    ("float", [1.0, 2.0, 4.0], "mean", False, (7 / 3, None, None)),
    ("decimal(10,2)", [Decimal(1), Decimal(2), Decimal(4)], "mean", False, (7 / 3, None, None)),
    ("int", [9, 1, 5], "median", False, (5.0, None, None)),
    ("double", [1.0, 8.0, NAN, 2.0, 4.0], "median", False, (3.0, None, None)),
    ("double", [1.5e308, 1.7e308], "median", False, (1.6e308, None, None)),
    ("double", [-0.0, -0.0], "median", False, (0.0, None, None)),
    ("double", [1e300, 1.0, -1e300, 5e-324, NAN], "mean", False, (0.25, None, None)),
    ("double", [0.1, 0.2, 0.3, 0.4], "mean", False, (0.25, None, None)),
    ("bigint", [2**53 + 1, 2**53 + 1], "mean", False, (2.0**53, None, None)),
    ("double", [None, NAN], "mean", True, (None, None, None)),
    ("double", EIGHT, None, True, (None, 5.0, 2.0)),
    ("double", [1.0, 1.0, 7.0], "median", True, (1.0, 1.75, math.sqrt(63 / 16))),
    ("double", [0.1, None, 0.1, 0.1], None, True, (None, 0.1, 1.0)),
    ("double", NEAR, None, True, (None, 1e9 + 0.5, 0.2041241452319315)),
]


def test_numbers_are_learned_exactly(fitting: Engine) -> None:
    plans = [number(f"c{i}", t, fill, scale=s) for i, (t, _, fill, s, _) in enumerate(TO_LEARN)]
    steps = learned(fitting, table([case[1] for case in TO_LEARN]), plans).preprocessor.steps
    found = [(step.fill, step.center, step.spread) for step in steps]
    assert [*map(repr, found)] == [repr(case[4]) for case in TO_LEARN]


@settings(max_examples=1)  # on Spark, a second for each six columns
@given(st.lists(st.lists(FINITE, min_size=1, max_size=12), min_size=10, max_size=10))
def test_a_mean_is_the_exact_mean_rounded_once(fitting: Engine, columns: list[list[float]]) -> None:
    plans = [number(f"c{i}", "double", "mean") for i in range(len(columns))]
    steps = learned(fitting, table(columns), plans).preprocessor.steps
    exact = [float(sum(map(Fraction, column)) / len(column)) for column in columns]
    assert [step.fill for step in steps] == exact


@settings(max_examples=1)
@given(st.lists(st.lists(TAME, min_size=2, max_size=8), min_size=3, max_size=3))
def test_a_deviation_is_exact_to_the_last_rounding(
    fitting: Engine, columns: list[list[float]]
) -> None:
    plans = [number(f"c{i}", "double", scale=True) for i in range(len(columns))]
    steps = learned(fitting, table(columns), plans).preprocessor.steps
    for step, column in zip(steps, columns):
        xs = [Fraction(x) for x in column]
        variance = sum(x * x for x in xs) / len(xs) - (sum(xs) / len(xs)) ** 2
        assert step.center == float(sum(xs) / len(xs))
        assert math.isclose(step.spread or 0, math.sqrt(variance) or 1.0, rel_tol=1e-15)


@pytest.mark.parametrize(
    ("options", "few", "odd"),
    [
        (
            {},
            ("a", "b", "c", "d"),
            ("z", "", " ", "B", "Z", "a", "zz", "é", "\uffff", "\U0001f600"),
        ),
        ({"min_frequency": 2}, ("a", "b", "c"), ("z",)),
        ({"max_labels": 2, "min_frequency": 3}, ("a", "b"), ()),
        ({"max_labels": 1}, ("a",), ("z",)),
    ],
    ids=str,
)
def test_labels_are_most_frequent_first_and_ties_by_code_point(
    fitting: Engine, options: dict[str, int], few: tuple[str, ...], odd: tuple[str, ...]
) -> None:
    columns = [
        [*"dcacbbbaa"],
        ["z", "zz", "z", "a", "B", "é", "", " ", "Z", "\U0001f600", "\uffff"],
    ]
    found = learned(fitting, table(columns), [label("c0"), label("c1")], **options)
    assert [step.labels for step in found.preprocessor.steps] == [few, odd]
    cut = f"'c0': {4 - len(few)} labels get no index of their own (max_labels "
    assert any(note.startswith(cut) for note in found.notes) == (len(few) < 4)


def test_other_types_are_labelled_by_their_text(fitting: Engine) -> None:
    rows = [{"i": 1, "b": True}, {"i": -1, "b": False}, {"i": 1, "b": None}, {"i": 10, "b": True}]
    steps = learned(fitting, rows, [label("i", "int"), label("b", "boolean")]).preprocessor.steps
    assert [step.labels for step in steps] == [("1", "-1", "10"), ("true", "false")]


def test_only_training_rows_are_learned_from_and_published_nulls_are_counted(
    fitting: Engine,
) -> None:
    outcomes = ["train"] * 3 + ["test", "test", "validation", "the target is null"]
    columns = [[1, 3, None, 1000, 1000, None, 7], [1, 5, 2, 1000, 1000, None, 7],
               ["a", "b", "b", "a", "a", "only here", "a"]]  # fmt: skip
    plans = [number("c0", "int", "mean", scale=True), number("c1", "int", "median"), label("c2")]
    counted = fitting.count(table(columns), plans, FitOptions(max_labels=1), outcomes)
    assert counted.outcomes == {
        "train": 3, "test": 2, "validation": 1, "the target is null": 1
    }  # fmt: skip
    assert counted.copies == counted.outcomes
    x, m, s = (counted.columns[f"c{i}"] for i in range(3))
    assert (x.nulls, x.train_nulls, x.train_values) == (2, 1, 2)
    assert (m.nulls, m.train_nulls, sorted({*m.median})) == (1, 0, [2.0])
    assert (s.labels, s.cut_labels, s.other_rows) == ({"b": 2}, 1, 4)
    steps = learned(fitting, table(columns), plans, outcomes=outcomes).preprocessor.steps
    assert (steps[0].fill, steps[0].center, steps[0].spread) == (2.0, 2.0, math.sqrt(2 / 3))
    assert steps[2].labels == ("b", "a")


@pytest.mark.parametrize(
    ("rows", "problems"),
    [
        ([], ("every column is null in every training row: a, b, c, s",)),
        ([(None, NAN, None, None)], ("every column is null in every training row: a, b, c, s",)),
        ([(1e155, 1.0, 1.0, "x"), (1.0, INF, INF, None)], ("a", "b", "c")),
    ],
    ids=["empty", "nulls", "infinite"],
)
def test_what_nothing_can_be_learned_of_is_named(
    fitting: Engine, rows: list[tuple[Any, ...]], problems: tuple[str, ...]
) -> None:
    plans = [number("a", "double", scale=True), number("b", "double", "mean"),
             number("c", "double", "median"), label("s")]  # fmt: skip
    with pytest.raises(FitError) as caught:
        learned(fitting, [dict(zip("abcs", row)) for row in rows], plans)
    told = "column {!r} holds values too large to sum: infinite, or beyond 1e154 where it is scaled"
    expected = problems if len(problems) == 1 else tuple(map(told.format, problems))
    assert caught.value.problems == expected


def test_a_text_too_long_for_a_label_is_refused(fitting: Engine) -> None:
    longest = "é" * (MOST_LABEL_BYTES // 2)
    found = learned(fitting, [{"s": longest}], [label("s")]).preprocessor.steps[0].labels
    assert found == (longest,)
    with pytest.raises(Exception, match="column 's' holds a text of more than 1,000,000 bytes"):
        learned(fitting, [{"s": longest + "a"}], [label("s")])


def indexed(unseen: str, name: str = "s", type_name: str = "string", *labels: str) -> ColumnStep:
    output = name + "_indexed"
    return ColumnStep(
        name, type_name, "index", output, "double", labels=labels or ("b", "a"), unseen=unseen
    )


@pytest.mark.parametrize(
    ("unseen", "expected"),
    [
        ("keep", [0.0, 1.0, 2.0, 2.0, 2.0]),
        ("separate", [0.0, 1.0, 2.0, 3.0, 2.0]),
        ("skip", [0.0, 1.0]),
    ],
)
def test_labels_unseen_in_training(engine: Engine, unseen: str, expected: list[float]) -> None:
    made = Preprocessor((indexed(unseen),), None, 1, FitOptions(unseen=unseen))
    rows = [{"s": cell} for cell in ("b", "a", "new", None, "")]
    assert [row["s_indexed"] for row in engine.apply(made, rows, {"s": "string"})] == expected


@pytest.mark.parametrize(
    ("cell", "message"),
    [("new", "column 's' holds the label 'new', unseen"), (None, "column 's' holds a null")],
)
def test_an_unseen_label_can_be_an_error(engine: Engine, cell: str | None, message: str) -> None:
    made = Preprocessor((indexed("error"),), None, 1, FitOptions(unseen="error"))
    known = [{"s": "a"}, {"s": "b"}]
    assert engine.apply(made, known, {"s": "string"}) == [{"s_indexed": 1.0}, {"s_indexed": 0.0}]
    with pytest.raises(Exception, match=message) as raised:
        engine.apply(made, [*known, {"s": cell}], {"s": "string"})
    assert isinstance(raised.value, UnseenLabelError) or isinstance(engine, Spark)


@pytest.mark.parametrize("unseen", ["error", "skip", "keep", "separate"])
@settings(max_examples=3)
@given(st.data())
def test_drawn_rows_become_the_same_numbers(engine: Engine, unseen: str, data: Any) -> None:
    size = st.floats(-1e300, 1e300)
    steps = [
        ColumnStep(t, t, "number", t, "double", "mean", data.draw(st.none() | size),
                   *data.draw(st.just((None, None)) | st.tuples(size, st.floats(0.1, 1e300))))
        for t in CELLS
    ]  # fmt: skip
    steps += [
        indexed(unseen, "s", "string", *LABELS),
        indexed(unseen, "i", "int", "7", "-1"),
        indexed(unseen, "d", "date", "2013-01-02"),
        indexed(unseen, "t", "boolean", "true", "false"),
        ColumnStep("kept", "boolean", "keep", "kept", "boolean"),
    ]
    cells: dict[str, Any] = {name: st.none() | some for name, some in CELLS.items()}
    cells["s"] = st.sampled_from(LABELS)
    cells["i"] = st.sampled_from([7, -1])
    cells["d"] = st.dates().map(lambda day: day.replace(2013, 1, 2))
    cells["t"] = st.booleans()
    if unseen != "error":
        cells["s"] |= st.none() | TEXTS
        cells["i"] |= st.none() | st.integers(-9, 9)
        cells["d"] |= st.none() | CELLS["date"]
        cells["t"] |= st.none()
    row = st.fixed_dictionaries({**cells, "kept": st.none() | st.booleans()})
    rows = data.draw(st.lists(row, min_size=10, max_size=25))
    made = Preprocessor(tuple(steps), None, 1, FitOptions(unseen=unseen))
    types = {step.name: step.type for step in steps}
    expected = [bits(out) for out in Python().apply(made, rows, types)]
    assert [bits(out) for out in engine.apply(made, rows, types)] == expected
    assert len(expected) == len(rows) or unseen == "skip"


ROWS = st.lists(
    st.fixed_dictionaries({n: st.none() | c for n, c in {**CELLS, "s": TEXTS}.items()}),
    min_size=20, max_size=40,
)  # fmt: skip


@settings(max_examples=4)
@given(ROWS, st.integers(-(2**40), 2**40))
def test_drawn_rows_fall_into_the_same_splits(
    engine: Engine, rows: list[dict[str, Any]], seed: int
) -> None:
    types = {**TYPES, "s": "string"}
    assert engine.split(rows, types, seed) == Python().split(rows, types, seed)


def test_an_empty_table_stays_empty(engine: Engine) -> None:
    made = Preprocessor(
        (ColumnStep("x", "int", "number", "x", "double", "mean", 1.0), indexed("error")),
        None, 1, FitOptions(),
    )  # fmt: skip
    assert engine.apply(made, [], {"x": "int", "s": "string"}) == []
    assert engine.split([], {"x": "int"}, 1) == []
