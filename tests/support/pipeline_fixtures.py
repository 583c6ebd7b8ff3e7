"""A small project with a pipeline: its files are written here, so what is made of them is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from launch.description.load import Description, load

LAUNCH_YAML = """\
project: shop
targets:
  dev:
    region: us-east-1
    role: arn:aws:iam::111122223333:role/etl
    bucket: shop-bucket
    prefix: shop/launch
    tags: {team: data}
jobs:
  prepare:
    kind: spark
    arguments: [prepare, "s3://shop-bucket/raw/", "s3://shop-bucket/prepared/", --day, "${date}"]
    instance_count: 2
    max_runtime: 30m
    inputs:
      - name: contract
        source: schemas/shop.json
        destination: /opt/ml/processing/input/contract
  tabular:
    kind: sklearn
    arguments: [prepare-tabular, --day, "${date:%Y/%m/%d}"]
    inputs:
      - {name: data, source: "s3://shop-bucket/raw/", destination: /opt/ml/processing/input/data}
    outputs:
      - name: prepared
        source: /opt/ml/processing/output
        destination: s3://shop-bucket/prepared/${run}/
  evaluate:
    kind: sklearn
    arguments: [evaluate, --label, sold]
    max_runtime: 10m
    inputs:
      - name: model
        source: s3://shop-bucket/model.tar.gz
        destination: /opt/ml/processing/model
      - name: test
        source: s3://shop-bucket/test/
        destination: /opt/ml/processing/test
    outputs:
      - name: evaluation
        source: /opt/ml/processing/evaluation
        destination: s3://shop-bucket/evaluation/${run}/
pipelines:
  sales:
    input: s3://shop-bucket/raw/
    prepared: s3://shop-bucket/prepared/
    prepare: prepare
    train:
      script: train.py
      hyperparameters: {label: sold, depth: 3}
      spot: true
      max_runtime: 20m
      max_wait: 40m
      checkpoints: s3://shop-bucket/checkpoints/
      output: s3://shop-bucket/models/
    evaluate:
      job: evaluate
      arguments: [--bootstrap, "100"]
      inputs: {model: model, test: prepared/test/}
    condition: {metric: auc_roc, at_least: 0.8}
    register: {group: shop-sales}
"""


@pytest.fixture(scope="session")
def describe(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Description]:
    """Return a function that reads the project's launch.yaml after some texts were replaced."""

    def made(*changes: tuple[str, str], root: Path | None = None) -> Description:
        root = root or tmp_path_factory.mktemp("shop")
        text = LAUNCH_YAML
        for old, new in changes:
            assert text.count(old) >= 1, old
            text = text.replace(old, new)
        files = {
            "launch.yaml": text,
            "train.py": "print('training')\n",
            "jobs/main.py": "print('a job')\n",
            "schemas/shop.json": "{}\n",
            "transforms/one.py": "ONE = 1\n",
        }
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content)
        return load(root / "launch.yaml", environment={})

    return made
