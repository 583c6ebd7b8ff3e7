"""model.tar.gz: every way an archive can lie is refused, and nothing of it stays."""

from __future__ import annotations

import gzip
import io
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from jobs.evaluate import unpack
from jobs.evaluate.unpack import unpacked
from schemas.errors import InputError

Member = tuple[tarfile.TarInfo, bytes]


def entry(name: str, content: bytes = b"x", **attributes: object) -> Member:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    for attribute, value in attributes.items():
        setattr(member, attribute, value)
    return member, content


def link(name: str, kind: bytes, target: str = "") -> Member:
    return entry(name, b"", type=kind, linkname=target)


def tar(*members: Member) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member, content in members:
            archive.addfile(member, io.BytesIO(content))
    return raw.getvalue()


def packed(*members: Member) -> bytes:
    return gzip.compress(tar(*members))


def header_only(member: tarfile.TarInfo) -> bytes:
    return gzip.compress(member.tobuf(tarfile.PAX_FORMAT) + b"\0" * 1024)


def gnu_sparse() -> bytes:
    member, _ = entry("model.skops", b"", type=tarfile.GNUTYPE_SPARSE)
    return gzip.compress(member.tobuf(tarfile.GNU_FORMAT) + b"\0" * 1024)


def damaged_second_header() -> bytes:
    whole = bytearray(tar(entry("a"), entry("b")))
    whole[1024 + 100] ^= 0xFF
    return gzip.compress(bytes(whole))


def long_header() -> bytes:
    member, _ = entry("a", pax_headers={"comment": "c" * (2 * 1024**2)})
    return packed((member, b"x"))


def again(kind: bytes, content: bytes) -> bytes:
    """Write a header that describes the next member 900 times."""
    header = entry("x", content, type=kind)[0].tobuf(tarfile.GNU_FORMAT)
    return (header + content.ljust(512, b"\0")) * 900


NOISE = Random(1).randbytes(90_000)
GOOD = packed(entry("model.skops", b"0" * 100_000))
PLAIN = tar(entry("model.skops", bytes(range(256)) * 40))
CORPUS: dict[str, tuple[bytes, str]] = {
    "absolute path": (packed(entry("/etc/model")), "leads outside"),
    "parent": (packed(entry("../model")), "leads outside"),
    "parent inside": (packed(entry("a/../../model")), "leads outside"),
    "home": (packed(entry("~/model")), "leads outside"),
    "backslash": (packed(entry("..\\model")), "leads outside"),
    "drive": (packed(entry("C:model")), "leads outside"),
    "NUL": (packed(entry("a", pax_headers={"path": "model\0.skops"})), "control character"),
    "line break": (packed(entry("model\n.skops")), "control character"),
    "not UTF-8": (packed(entry("model\udcff")), "not UTF-8"),
    "empty name": (packed(entry("./.")), "has the name"),
    "symbolic link": (packed(link("m", tarfile.SYMTYPE, "/etc/passwd")), "a symbolic link"),
    "hard link": (packed(link("m", tarfile.LNKTYPE, "/etc/passwd")), "a hard link"),
    "character device": (packed(link("m", tarfile.CHRTYPE)), "a device"),
    "block device": (packed(link("m", tarfile.BLKTYPE)), "a device"),
    "named pipe": (packed(link("m", tarfile.FIFOTYPE)), "a named pipe"),
    "sparse, GNU": (gnu_sparse(), "a sparse file"),
    "sparse, pax": (
        packed(entry("a", b"x" * 9, pax_headers={"GNU.sparse.map": "0,9", "GNU.sparse.size": "9"})),
        "a sparse file",
    ),
    "unknown kind": (packed(entry("m", b"", type=b"Y")), "of an unknown kind"),
    "same name twice": (packed(entry("m"), entry("m")), "twice"),
    "same but for case": (packed(entry("model"), entry("MODEL")), "twice"),
    "same but for accents": (packed(entry("caf\u00e9"), entry("cafe\u0301")), "twice"),
    "directory of another case": (packed(entry("a/1"), entry("A/2")), "twice"),
    "file, then directory": (packed(entry("m"), entry("m/1")), "twice"),
    "directory, then file": (packed(entry("m/1"), entry("m")), "twice"),
    "nested too deep": (packed(entry("d/" * 32 + "m")), "more than 32 deep"),
    "name too long": (packed(entry("m" * 256)), "longer than a file system"),
    "too many members": (packed(*(entry(str(i), b"") for i in range(51))), "more than 50"),
    "too large together": (packed(*(entry(str(i), NOISE) for i in range(3))), "than 250,000 b"),
    "claims too much": (header_only(entry("m", b"", size=10**12)[0]), "1,000,000,000,000 bytes"),
    "claims less than nothing": (
        packed(entry("m", b"", pax_headers={"size": "-5"})),
        "-5 bytes|damaged",
    ),
    "bomb": (packed(entry("m", b"\0" * 199_000)), "times its size"),
    "bomb behind the end": (gzip.compress(tar() + b"\0" * 400_000), "unpacks to more|times"),
    "header without end": (long_header(), "larger than any name|unpacks to"),
    "long name, again and again": (
        gzip.compress(again(tarfile.GNUTYPE_LONGNAME, b"ab\0") + tar(entry("m"))),
        "more than 8 headers in it describe one member",
    ),
    "attributes, again and again": (
        gzip.compress(again(tarfile.XHDTYPE, b"11 path=ab\n") + tar(entry("m"))),
        "more than 8 headers",
    ),
    "attributes for all, again and again": (
        gzip.compress(again(tarfile.XGLTYPE, b"11 path=ab\n") + tar(entry("m"))),
        "more than 8 headers",
    ),
    "not compressed": (tar(entry("m")), "no gzip file"),
    "empty file": (b"", "no gzip file"),
    "compressed nothing": (gzip.compress(b""), "damaged or was cut off"),
    "compressed garbage": (gzip.compress(b"garbage" * 500), "damaged or was cut off"),
    "garbage": (b"\x1f\x8b" + b"garbage" * 500, "damaged or was cut off"),
    "cut off": (GOOD[: len(GOOD) // 2], "damaged or was cut off"),
    "checksum missing": (GOOD[:-6], "damaged or was cut off"),
    "checksum wrong": (GOOD[:-8] + b"\0" * 4 + GOOD[-4:], "damaged or was cut off"),
    "cut off within a file": (gzip.compress(PLAIN[:4096]), "damaged or was cut off"),
    "cut off within a header": (
        gzip.compress(tar(entry("a"), entry("b"))[:1300]),
        "damaged or was cut off",
    ),
    "no end": (gzip.compress(tar(entry("a"))[:1024]), "damaged or was cut off"),
    "damaged second header": (damaged_second_header(), "damaged or was cut off"),
}


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], Path]:
    """Write an archive; temporary directories are made where a test can look for leftovers."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))

    def write(content: bytes) -> Path:
        path = tmp_path / "model.tar.gz"
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize("name", CORPUS)
def test_refused_and_nothing_stays(
    name: str, archive: Callable[[bytes], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack, "MOST_MEMBERS", 50)
    monkeypatch.setattr(unpack, "_RATIO_FROM", 150_000)
    content, message = CORPUS[name]
    path = archive(content)
    with pytest.raises(InputError, match=message), unpacked(path, max_bytes=250_000):
        pytest.fail("was unpacked")
    assert list((tmp_path / "temporary").iterdir()) == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.tar.gz", "temporary"]


def test_the_bomb_fits_the_other_limits(
    archive: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack, "_RATIO_FROM", 10**6)
    with unpacked(archive(CORPUS["bomb"][0]), max_bytes=250_000) as root:
        assert (root / "m").stat().st_size == 199_000


def test_a_long_header_is_refused_by_its_own_limit(archive: Callable[[bytes], Path]) -> None:
    path = archive(long_header())
    with pytest.raises(InputError, match="larger than any name"), unpacked(path, max_bytes=10**9):
        pytest.fail("was unpacked")


def test_good_archive(archive: Callable[[bytes], Path], tmp_path: Path) -> None:
    folder, _ = entry("./", b"", type=tarfile.DIRTYPE)
    code, _ = entry("./code/", b"", type=tarfile.DIRTYPE)
    content = packed(
        (folder, b""), (code, b""), entry("./code/a.py", b"print()"), entry("model.skops", b"m" * 9)
    )
    with unpacked(archive(content), max_bytes=10**6) as root:
        files = {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*.*")}
        assert files == {"code/a.py": b"print()", "model.skops": b"m" * 9}
    assert list((tmp_path / "temporary").iterdir()) == []


def test_long_names_and_links_of_both_formats(archive: Callable[[bytes], Path]) -> None:
    for format_name in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        members = [entry(f"{number}/" + "m" * 200, pax_headers={"comment": "c"})[0]
                   for number in range(20)]  # fmt: skip
        body = b"".join(member.tobuf(format_name) + b"x".ljust(512, b"\0") for member in members)
        with unpacked(archive(gzip.compress(body + b"\0" * 1024)), max_bytes=10**6) as root:
            assert len(list(root.rglob("m*"))) == 20


def test_modes_of_the_archive_are_not_taken(archive: Callable[[bytes], Path]) -> None:
    with unpacked(archive(packed(entry("m", mode=0o6777))), max_bytes=10**6) as root:
        assert (root / "m").stat().st_mode & 0o7111 == 0
