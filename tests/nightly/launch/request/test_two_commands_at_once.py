"""Two commands that pack the same project at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
YAML = """\
project: shop
targets: {dev: {region: eu-west-1, role: "arn:aws:iam::111122223333:role/etl", bucket: b-dev}}
jobs: {one: {kind: spark, arguments: [prepare]}}
"""
CODE = (
    "from pathlib import Path; from launch.description.load import load;"
    "from launch.request.spark_kind import stage;"
    "d = load(Path('launch.yaml'), environment={});"
    "[stage(d, d.job('one')) for _ in range(100)]"
)


def kept(root: Path) -> list[Path]:
    """Find the bundles that are not drafts: in folders that are named by their content."""
    return list((root / "dist" / "launch").glob(f"{'[0-9a-f]' * 12}/bundle.zip"))


def test_each_packs_a_whole_bundle_and_leaves_no_drafts(tmp_path: Path) -> None:
    (tmp_path / "launch.yaml").write_text(YAML)
    for name in ("jobs", "schemas", "transforms"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.py").write_text("x = 1\n" * 10_000)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", CODE], cwd=tmp_path, env=environment,
            stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    while any(process.poll() is None for process in started):
        for bundle in kept(tmp_path):
            assert zipfile.ZipFile(bundle).testzip() is None
    for process in started:
        _, error = process.communicate(timeout=120)
        assert process.returncode == 0, error
    assert len(kept(tmp_path)) == 1
    assert not list((tmp_path / "dist").rglob("tmp*"))
