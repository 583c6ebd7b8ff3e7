"""What a failed job leaves for DescribeProcessingJob."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from jobs.exit_message import LIMIT_BYTES, leave_message, shorten
from jobs.main import main
from schemas.contract_json import contract_from_json
from schemas.errors import InputError


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "processingjobconfig.json").write_text("{}")
    return tmp_path / "output" / "message"


def raised() -> InputError:
    try:
        contract_from_json("{")
    except InputError as error:
        return error
    raise AssertionError


def test_the_cause_and_the_line_of_ours(host: Path) -> None:
    leave_message(raised(), "it is no JSON")
    first, second = host.read_text().splitlines()
    assert first == "it is no JSON"
    assert second.startswith("(")
    assert " in schemas/json_text.py:" in second


def test_a_line_of_a_library_is_not_the_place(host: Path) -> None:
    inner = raised().__cause__ or raised().__context__
    assert inner is not None
    leave_message(inner, "no JSON")
    assert "(JSONDecodeError in schemas/json_text.py:" in host.read_text()


def test_what_the_image_writes_over_it_is_put_behind_it(host: Path) -> None:
    leave_message(ValueError("x"), "the cause")
    host.write_text("Algorithm Error: the command failed")
    deadline = time.monotonic() + 10
    while not host.read_text().startswith("the cause"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert host.read_text() == ("the cause\n(ValueError in ?)\nAlgorithm Error: the command failed")


@pytest.mark.parametrize("text", ["a\0b", "a\udcffb"])
def test_texts_that_no_command_line_can_hold(host: Path, text: str) -> None:
    leave_message(ValueError("x"), text)
    assert host.read_text().startswith(("ab\n", "a?b\n"))


def test_a_mistyped_option_leaves_its_cause_too(
    host: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["prepare", "in", "out", "--targte", "x"])
    assert "unrecognized arguments: --targte x" in host.read_text()
    assert "unrecognized arguments: --targte x" in capsys.readouterr().err


def test_options_are_not_cut_short(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["prepare", "in", "out", "--scal"])
    assert "unrecognized arguments: --scal" in capsys.readouterr().err


def test_nothing_happens_on_a_laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    leave_message(ValueError("x"), "the cause")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_no_second_error(host: Path) -> None:
    host.parent.write_text("a file where a folder should be")
    leave_message(ValueError("x"), "the cause")


@pytest.mark.parametrize("letter", ["a", "é", "漢", "🛫"])
def test_long_messages_fit_a_kilobyte_and_keep_where(letter: str) -> None:
    text = shorten(letter * 2000 + "\n(ValueError in jobs/read.py:7)")
    assert LIMIT_BYTES - 4 < len(text.encode()) <= LIMIT_BYTES
    assert text.startswith(letter * 100)
    assert text.endswith("… \n(ValueError in jobs/read.py:7)")


def test_short_messages_stay() -> None:
    assert shorten("a\nb") == "a\nb"
