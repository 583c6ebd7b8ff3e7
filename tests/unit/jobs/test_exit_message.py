"""What a failed job leaves for DescribeProcessingJob."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from jobs.evaluate.gate import parse_gate
from jobs.exit_message import LIMIT_BYTES, leave_message, shorten
from jobs.main import main
from schemas.errors import InputError


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "processingjobconfig.json").write_text("{}")
    return tmp_path / "output" / "message"


@pytest.mark.parametrize(
    ("module", "file", "place"),
    [
        ("jobs.read", "/opt/ml/bundle.zip/jobs/read.py", "jobs/read.py:1"),
        ("jobs.publish.output", "/tmp/b.zip/jobs/publish/output.py", "jobs/publish/output.py:1"),
        ("jobs.evaluate", "/code/jobs/evaluate/__init__.py", "jobs/evaluate/__init__.py:1"),
        ("schemas.json_text", "/code/schemas/json_text.py", "schemas/json_text.py:1"),
        ("transforms.fit", "/code/transforms/fit.py", "transforms/fit.py:1"),
        ("__main__", "/opt/ml/processing/input/code/main.py", "code/main.py:1"),
        ("__main__", "/site-packages/pytest/__main__.py", "jobs/caller.py:1"),
        ("mlib.jobs", "/site-packages/mlib/jobs/read.py", "jobs/caller.py:1"),
        ("mlib.main", "/site-packages/mlib/main.py", "jobs/caller.py:1"),
        ("jobs.config", "<string>", "jobs/caller.py:1"),
    ],
)
def test_the_place_is_the_innermost_line_of_ours(
    host: Path, module: str, file: str, place: str
) -> None:
    called = {"__name__": module}
    exec(compile("def call(): 1 / 0", file, "exec"), called)  # noqa: S102
    caller = {"__name__": "jobs.caller", "call": called["call"]}
    with pytest.raises(ZeroDivisionError) as error:
        exec(compile("call()", "/code/jobs/caller.py", "exec"), caller)  # noqa: S102
    leave_message(error.value, "the cause")
    assert host.read_text() == f"the cause\n(ZeroDivisionError in {place})"


def test_an_error_in_a_room_of_jobs_is_told_with_its_line(host: Path) -> None:
    with pytest.raises(InputError) as error:
        parse_gate("auc", lowest=True)
    leave_message(error.value, "the cause")
    assert "(InputError in jobs/evaluate/gate.py:" in host.read_text()


def test_what_the_image_writes_over_it_is_put_behind_it(host: Path) -> None:
    leave_message(ValueError("x"), "the cause")
    host.write_text("Algorithm Error: the command failed")
    for _ in range(3000):
        if host.read_text().startswith("the cause"):
            break
        time.sleep(0.01)
    assert host.read_text() == "the cause\n(ValueError in ?)\nAlgorithm Error: the command failed"


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
