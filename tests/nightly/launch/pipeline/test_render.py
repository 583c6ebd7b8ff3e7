"""The definition that the SDK makes, as a whole and for what must never change by itself.

Renew golden.json after a change that is meant: ``GOLDEN=renew pytest
tests/nightly/launch/pipeline``.
"""

from __future__ import annotations

import builtins
import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from launch.description.load import Description
from launch.errors import LaunchError
from launch.main import main
from launch.pipeline import sdk
from launch.pipeline.render import Rendered, choose, render

GOLDEN = Path(__file__).with_name("golden.json")
Describe = Callable[..., Description]


@pytest.fixture(scope="module")
def rendered(describe: Describe) -> Rendered:
    return render(describe(), "sales")


def step(rendered: Rendered, name: str) -> dict[str, Any]:
    (found,) = [each for each in rendered.definition["Steps"] if each["Name"] == name]
    return found


def test_the_whole_of_it(rendered: Rendered) -> None:
    if os.environ.get("GOLDEN") == "renew":
        GOLDEN.write_text(rendered.text)
    assert rendered.text == GOLDEN.read_text()
    assert "MlflowConfig" not in rendered.text
    assert "null" not in rendered.text


def test_another_checkout_gives_the_same_bytes(
    describe: Describe, rendered: Rendered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody-has-it")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    before = dict(os.environ)
    asked: list[Any] = []

    def refuse(*host: Any, **_: Any) -> None:
        asked.append(host)
        raise OSError("no network here")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert render(describe(), "sales").text == rendered.text
    assert asked == []
    assert dict(os.environ) == before
    assert "mlflow" not in sys.modules


def test_other_code_goes_to_other_places(describe: Describe, rendered: Rendered) -> None:
    description = describe()
    (description.root / "jobs" / "main.py").write_text("print('another job')\n")
    other = render(description, "sales")
    for name in ("Prepare", "Evaluate"):
        assert step(other, name)["Arguments"] != step(rendered, name)["Arguments"]
    # What was prepared by other code is another table, though the input is the same.
    written = [step(r, "Prepare")["Arguments"]["AppSpecification"] for r in (other, rendered)]
    assert written[0] != written[1]
    code = [step(r, "Train")["Arguments"]["HyperParameters"] for r in (other, rendered)]
    assert code[0] == code[1]


def test_files_are_named_by_what_is_in_them(rendered: Rendered) -> None:
    uris = [upload.s3_uri for upload in rendered.uploads]
    assert len(set(uris)) == len(uris) > 4
    assert all(uri.startswith("s3://shop-bucket/shop/launch/pipelines/") for uri in uris)
    assert all(upload.local_path.is_file() for upload in rendered.uploads)


def test_new_data_are_new_to_every_cache_key(rendered: Rendered) -> None:
    """SageMaker compares these parts; each must hold the fingerprint, or what came of it."""
    fingerprint = {"Get": "Parameters.InputFingerprint"}
    keys = {
        "Prepare": ("AppSpecification", "Environment"),
        "Train": ("InputDataConfig", "CheckpointConfig"),
        "Evaluate": ("ProcessingInputs",),
    }
    for name, parts in keys.items():
        arguments = step(rendered, name)["Arguments"]
        for part in parts:
            assert json.dumps(fingerprint) in json.dumps(arguments[part]), (name, part)
        # An execution's id there would make every start a new one.
        outputs = arguments.pop("ProcessingOutputConfig", None)
        assert "PipelineExecutionId" not in json.dumps(arguments)
        assert name == "Train" or "PipelineExecutionId" in json.dumps(outputs)
        if outputs:
            arguments["ProcessingOutputConfig"] = outputs


def test_a_job_of_one_machine_and_no_spot(describe: Describe) -> None:
    made = render(
        describe(
            ("    prepare: prepare\n", "    prepare: tabular\n"),
            ("at_least: 0.8", "at_most: 0.4"), ("metric: auc_roc", "metric: log_loss"),
            ("{group: shop-sales}", "{group: g, approval: Approved}\n    cache: false"),
            ("      spot: true\n", ""), ("      max_wait: 40m\n", ""),
            ("      checkpoints: s3://shop-bucket/checkpoints/\n", ""),
        ),
        "sales",
    )  # fmt: skip
    arguments = step(made, "Prepare")["Arguments"]
    (data,) = [i for i in arguments["ProcessingInputs"] if i["InputName"] == "data"]
    assert data["S3Input"]["S3Uri"] == {"Get": "Parameters.Input"}
    (output,) = arguments["ProcessingOutputConfig"]["Outputs"]
    parts = output["S3Output"]["S3Uri"]["Std:Join"]["Values"]
    assert parts[1:] == [{"Get": "Parameters.InputFingerprint"}, "/"]
    (channel,) = step(made, "Train")["Arguments"]["InputDataConfig"]
    read = channel["DataSource"]["S3DataSource"]["S3Uri"]["Std:Join"]["Values"]
    assert read == [*parts[:2], "/train/"]
    assert arguments["Environment"]["INPUT_FINGERPRINT"] == parts[1]
    names = [item["Name"] for item in made.definition["Parameters"]]
    assert names == ["Input", "InputFingerprint", "Date-Y-m-d", "AtMost"]

    condition = step(made, "GoodEnough")["Arguments"]
    assert condition["Conditions"][0]["Type"] == "LessThanOrEqualTo"
    assert condition["IfSteps"][0]["Arguments"]["ModelApprovalStatus"] == "Approved"
    train = step(made, "Train")["Arguments"]
    assert "CheckpointConfig" not in train
    assert train.get("EnableManagedSpotTraining", False) is False
    assert train["StoppingCondition"] == {"MaxRuntimeInSeconds": 1200}
    assert not any("CacheConfig" in each for each in made.definition["Steps"])


def test_own_code_below_the_input_is_refused(describe: Describe) -> None:
    description = describe(("prefix: shop/launch", "prefix: raw/launch"))
    with pytest.raises(LaunchError, match="give the data a prefix of their own"):
        render(description, "sales")


def test_which_one(describe: Describe) -> None:
    description = describe()
    assert choose(description, None)[0] == "sales"
    with pytest.raises(LaunchError, match="there is no pipeline 'sale'; did you mean sales"):
        choose(description, "sale")


def test_without_the_sdk_it_says_what_to_install(
    describe: Describe, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sdk, "_is_there", lambda name: False)
    file = str(describe().file)
    assert main(["pipeline", "render", "--file", file]) == 2
    assert "pip install '.[pipelines]'" in capsys.readouterr().err


def test_help_needs_no_sdk(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded: list[str] = []
    real = builtins.__import__

    def watched(name: str, *more: Any, **others: Any) -> Any:
        loaded.append(name)
        return real(name, *more, **others)

    monkeypatch.setattr(builtins, "__import__", watched)
    assert main(["pipeline", "start", "--help"]) == 0
    assert "launch pipeline start --local" in capsys.readouterr().out
    assert not [name for name in loaded if name.split(".")[0] in ("sagemaker", "boto3", "rich")]
