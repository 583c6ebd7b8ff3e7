"""Hide what an image lacks from the Python that plays it.

The emulator puts a copy of this file, as ``sitecustomize.py``, into a folder that comes first on
PYTHONPATH; Python imports it by itself when it starts. A module that this environment has and the
image has not is then found only where the job brought it along, on PYTHONPATH.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

# Of what this project uses somewhere; the scikit-learn image has none of them.
ABSENT = (
    "delta",
    "onnxruntime",
    "prettytable",
    "py4j",
    "pysail",
    "pyspark",
    "skl2onnx",
    "skops",
    "wcwidth",
    "xgboost",
)


class Hidden(MetaPathFinder):
    """Finds the absent modules on some folders and zips alone."""

    def __init__(self, brought: Sequence[str]) -> None:
        self._brought = list(brought)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Leave other modules to the finders behind this one."""
        if fullname not in ABSENT:
            return None
        found = PathFinder.find_spec(fullname, self._brought, target)
        if found is None:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return found


if __name__ == "sitecustomize":
    own = os.path.dirname(__file__)
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.meta_path.insert(0, Hidden([path for path in given if path and path != own]))
