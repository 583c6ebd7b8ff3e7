"""Find the one model file among what a training job left."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from jobs.evaluate.config import ModelOptions
from jobs.evaluate.unpack import unpacked
from schemas.errors import InputError
from schemas.names import some

ARCHIVE = "model.tar.gz"
_ARCHIVE_ENDINGS = (".tar.gz", ".tgz")
# The name that SageMaker's own XGBoost container gives its model.
_XGBOOST_NAME = "xgboost-model"
_KINDS = {
    ".skops": "skops",
    ".joblib": "pickle",
    ".pkl": "pickle",
    ".pickle": "pickle",
    ".ubj": "xgboost",
    ".bst": "xgboost",
    ".onnx": "onnx",
}
_HEAD_BYTES = 64 * 1024
_ENDINGS = "*.skops, *.onnx, *.json, *.ubj, *.bst, xgboost-model, *.joblib or *.pkl"


@dataclass(frozen=True)
class ModelFile:
    """The model file on disk, and what is said of it in the report."""

    path: Path
    name: str
    kind: str
    sha256: str
    archive: Optional[str] = None
    archive_sha256: Optional[str] = None


@contextmanager
def model_file(options: ModelOptions) -> Iterator[ModelFile]:
    """Yield the model file; an archive is unpacked for as long as that lasts.

    In a directory, an archive of the name model.tar.gz (or the only archive) is what counts, as
    SageMaker delivers it. InputError where nothing, or more than one file, could be the model.
    """
    path = Path(options.path)
    if not path.exists():
        raise InputError(f"--model {path} does not exist; give model.tar.gz or its directory")
    archive = _archive_in(path)
    if archive is None:
        yield _pick(path, options.file)
        return
    with unpacked(archive, max_bytes=options.max_bytes) as root:
        found = _pick(root, options.file, shown=archive)
        yield ModelFile(
            found.path, found.name, found.kind, found.sha256, archive.name, _sha256(archive)
        )


def _archive_in(path: Path) -> Path | None:
    if path.is_file():
        return path if path.name.endswith(_ARCHIVE_ENDINGS) else None
    if (path / ARCHIVE).is_file():
        return path / ARCHIVE
    archives = [
        file
        for file in sorted(path.iterdir())
        if file.is_file() and file.name.endswith(_ARCHIVE_ENDINGS)
    ]
    if len(archives) > 1:
        names = some(tuple(file.name for file in archives))
        raise InputError(f"--model {path} holds several archives, {names}; name one with --model")
    return archives[0] if archives else None


def _pick(root: Path, chosen: str | None, shown: Path | None = None) -> ModelFile:
    where = shown or root
    if root.is_file():
        kind = _kind(root)
        if kind is None:
            raise InputError(f"--model {root} is of no known kind; expected {_ENDINGS}")
        return ModelFile(root, root.name, kind, _sha256(root))
    files = {
        file.relative_to(root).as_posix(): file
        for file in sorted(root.rglob("*"))
        if file.is_file() and not file.name.startswith(".")
    }
    if chosen is not None and chosen not in files:
        raise InputError(f"--model-file {chosen!r} is not in {where}; it holds {_list(files)}")
    kinds = {name: _kind(file) for name, file in files.items()}
    names = [chosen] if chosen is not None else [name for name in files if kinds[name]]
    if not names:
        raise InputError(f"{where} has no model file ({_ENDINGS}); it holds {_list(files)}")
    if len(names) > 1:
        raise InputError(
            f"{where} holds several model files, {some(tuple(names))}; name one with --model-file"
        )
    kind = kinds[names[0]]
    if kind is None:
        raise InputError(f"{names[0]!r} in {where} is of no known kind; expected {_ENDINGS}")
    return ModelFile(files[names[0]], names[0], kind, _sha256(files[names[0]]))


def _list(files: dict[str, Path]) -> str:
    return some(tuple(files)) if files else "no files"


def _kind(path: Path) -> str | None:
    if path.name == _XGBOOST_NAME:
        return "xgboost"
    if path.suffix == ".json":  # a training job leaves other JSON files beside its model
        with path.open("rb") as file:
            return "xgboost" if b'"learner"' in file.read(_HEAD_BYTES) else None
    return _KINDS.get(path.suffix)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for chunk in iter(lambda: file.read(1024 * 1024), b""):
            digest.update(chunk)
    return digest.hexdigest()
