"""The interpreter, on a small definition; jobs are played by a stand-in."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from launch.description.load import Description
from launch.emulate.store import FolderStore
from launch.pipeline.local import Listener, LocalExecution
from launch.pipeline.outcome import Execution
from launch.runs.local import LocalRuns
from launch.runs.model import Run

CACHED = {"CacheConfig": {"Enabled": True}}
FINGERPRINT = {"Get": "Parameters.InputFingerprint"}
FOLDER = {"Std:Join": {"On": "", "Values": ["s3://b/prepared/", FINGERPRINT, "/"]}}
EXECUTION = {"Get": "Execution.PipelineExecutionId"}
REPORT = {"PropertyFileName": "report", "OutputName": "figures", "FilePath": "figures.json"}
METRIC = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Measure.PropertyFiles.report"},
                          "Path": "auc"}}  # fmt: skip
MODEL = {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}
DEFINITION: dict[str, Any] = {
    "Steps": [
        {"Name": "Choose", "Type": "Condition", "DependsOn": ["Measure"], "Arguments": {
            "Conditions": [{"Type": "GreaterThanOrEqualTo", "LeftValue": METRIC,
                            "RightValue": {"Get": "Parameters.AtLeast"}}],
            "IfSteps": [{"Name": "Keep", "Type": "RegisterModel", "Arguments": {
                "ModelPackageGroupName": "g", "ModelDataUrl": MODEL}}],
            "ElseSteps": [{"Name": "Refuse", "Type": "Fail", "Arguments": {
                "ErrorMessage": {"Std:Join": {"On": " ", "Values": ["below", {
                    "Get": "Parameters.AtLeast"}]}}}}],
        }},
        {"Name": "Prepare", "Type": "Processing", **CACHED, "Arguments": {
            "AppSpecification": {"ImageUri": "spark", "ContainerArguments": [FOLDER]}}},
        {"Name": "Train", "Type": "Training", "DependsOn": ["Prepare"], **CACHED, "Arguments": {
            "AlgorithmSpecification": {"TrainingImage": "sklearn"},
            "HyperParameters": {"label": '"late"', "depth": "3", "sagemaker_program": "train.py",
                                "sagemaker_submit_directory": "s3://b/code/sourcedir.tar.gz"},
            "InputDataConfig": [{"ChannelName": "train", "DataSource": {
                "S3DataSource": {"S3Uri": FOLDER}}}],
            "OutputDataConfig": {"S3OutputPath": "s3://b/models"}, "RoleArn": "role",
            "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge"},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 90}}},
        {"Name": "Measure", "Type": "Processing", **CACHED, "PropertyFiles": [REPORT],
         "Arguments": {"AppSpecification": {"ImageUri": "sklearn"}, "ProcessingInputs": [MODEL],
            "ProcessingOutputConfig": {"Outputs": [{"OutputName": "figures", "S3Output": {
                "S3Uri": {"Std:Join": {"On": "/", "Values": ["s3://b/figures", EXECUTION]}}}}]}}},
    ]
}  # fmt: skip


class Stage:
    """A project's folder, and the requests that would have been played there."""

    def __init__(self, description: Description, monkeypatch: pytest.MonkeyPatch) -> None:
        self.description = description
        self.store = FolderStore(description.root / ".launch" / "s3")
        self.requests: list[dict[str, Any]] = []
        self.fails = ""
        monkeypatch.setattr(LocalRuns, "play", lambda runs, request, **_: self.play(request))

    def play(self, request: dict[str, Any]) -> Run:
        name = request["ProcessingJobName"]
        self.requests.append(request)
        if self.fails and self.fails in name:
            return Run(name, "Failed", datetime.now(timezone.utc), exit_message="no such column")
        for text in request["AppSpecification"].get("ContainerArguments", ()):
            if text.startswith("s3://"):
                self.write(f"{text}part.parquet", "rows")
        for output in request.get("ProcessingOutputConfig", {}).get("Outputs", ()):
            self.write(f"{output['S3Output']['S3Uri']}/figures.json", '{"auc": 0.8125}')
        return Run(name, "Completed", datetime.now(timezone.utc))

    def write(self, uri: str, text: str) -> None:
        path = self.store.path_of(uri)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(self, at_least: float = 0.8, fingerprint: str = "f1", **more: Any) -> Execution:
        values = {"AtLeast": at_least, "InputFingerprint": fingerprint}
        return LocalExecution(
            self.description, "shop-sales", DEFINITION, values, listener=Listener(), **more
        ).run()

    def played(self) -> list[str]:
        names = [request["ProcessingJobName"].split("-")[2] for request in self.requests]
        self.requests.clear()
        return names


@pytest.fixture
def stage(
    describe: Callable[..., Description], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Stage:
    return Stage(describe(root=tmp_path), monkeypatch)


def outcomes(execution: Execution) -> dict[str, str]:
    return {step.name: step.status for step in execution.steps}


def test_steps_run_when_what_they_need_has_ended(stage: Stage) -> None:
    found = stage.run()
    assert list(outcomes(found)) == ["Prepare", "Train", "Measure", "Choose", "Keep"]
    assert set(outcomes(found).values()) == {"Succeeded"}
    assert found.steps[3].detail == "auc 0.8125 at least 0.8: yes"
    model = json.loads((stage.description.root / ".launch/models/g/1.json").read_text())
    assert model["version"] == 1
    assert model["ModelDataUrl"].startswith("s3://b/models/shop-pipeline-train-")
    assert stage.store.path_of(model["ModelDataUrl"]).is_file()
    kept = json.loads((stage.description.root / f".launch/pipelines/{found.id}.json").read_text())
    assert (kept["status"], kept["parameters"]["InputFingerprint"]) == ("Succeeded", "f1")


def test_a_model_that_is_not_good_enough(stage: Stage) -> None:
    found = stage.run(at_least=0.9)
    assert (found.status, found.reason) == ("Failed", "below 0.9")
    assert outcomes(found)["Choose"] == "Succeeded"
    assert outcomes(found)["Refuse"] == "Failed"
    assert not (stage.description.root / ".launch/models").exists()


def test_a_failed_step_ends_the_rest(stage: Stage) -> None:
    stage.fails = "train"
    found = stage.run()
    assert outcomes(found) == {
        "Prepare": "Succeeded", "Train": "Failed", "Choose": "NotRun", "Measure": "NotRun",
    }  # fmt: skip
    failed = found.failed_step
    assert failed is not None
    assert (failed.name, failed.detail) == ("Train", "no such column")
    assert failed.run.startswith("shop-pipeline-train-")
    # It is not taken for a result the next time, but what went well is.
    stage.fails = ""
    stage.played()
    assert outcomes(stage.run())["Prepare"] == "Cached"
    assert stage.played() == ["train", "measure"]


def test_equal_steps_are_not_played_again(stage: Stage) -> None:
    stage.run()
    assert stage.played() == ["prepare", "train", "measure"]
    again = stage.run(at_least=0.7)
    assert stage.played() == []
    assert outcomes(again) == {
        "Prepare": "Cached", "Train": "Cached", "Measure": "Cached", "Choose": "Succeeded",
        "Keep": "Succeeded",
    }  # fmt: skip
    assert (stage.description.root / ".launch/models/g/2.json").is_file()
    stage.run(fingerprint="f2")
    assert stage.played() == ["prepare", "train", "measure"]
    stage.run(use_cache=False)
    assert stage.played() == ["prepare", "train", "measure"]


def test_a_result_that_is_gone_is_made_again(stage: Stage) -> None:
    stage.run()
    stage.played()
    stage.store.path_of("s3://b/prepared/f1/part.parquet").unlink()
    stage.run()
    assert stage.played() == ["prepare"]


def test_the_training_environment(stage: Stage) -> None:
    stage.run()
    request = stage.requests[1]
    words = request["AppSpecification"]["ContainerArguments"]
    assert words == ["train.py", "--depth", "3", "--label", "late"]
    environment = request["Environment"]
    assert environment["SM_CHANNEL_TRAIN"] == "/opt/ml/input/data/train"
    assert environment["SM_MODEL_DIR"] == "/opt/ml/model"
    assert json.loads(environment["SM_HPS"]) == {"depth": "3", "label": "late"}
    inputs = {i["InputName"]: i["S3Input"] for i in request["ProcessingInputs"]}
    assert inputs["channel-train"] == {
        "S3Uri": "s3://b/prepared/f1/", "LocalPath": "/opt/ml/input/data/train",
    }  # fmt: skip
    config = f"{inputs['config']['S3Uri']}hyperparameters.json"
    assert json.loads(stage.store.path_of(config).read_text())["depth"] == "3"
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 60}
