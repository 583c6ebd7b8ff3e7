"""A log that is written in pieces."""

from __future__ import annotations

from pathlib import Path

from launch.emulate.line_reader import LineReader


def test_lines_come_whole(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb", buffering=0) as out, path.open("rb") as log:
        reader = LineReader(log)
        out.write(b"one\nha")
        assert list(reader.read()) == ["one"]
        out.write(b"lf \xc3")
        assert list(reader.read()) == []
        out.write(b"\xa9\r\n\nend")
        assert list(reader.read()) == ["half \u00e9", ""]
        assert list(reader.read(last=True)) == ["end"]
        assert list(reader.read(last=True)) == []
