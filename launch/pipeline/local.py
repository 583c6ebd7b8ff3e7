"""Play a whole pipeline here: the definition, step by step, with a folder for s3://."""

from __future__ import annotations

import json
import secrets
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from launch.description.load import Description
from launch.emulate.scene import ClusterKind
from launch.emulate.store import FolderStore
from launch.errors import LaunchError
from launch.pipeline.cache import LocalCache
from launch.pipeline.definition import all_steps, needs
from launch.pipeline.outcome import Execution, StepOutcome
from launch.pipeline.parameters import FINGERPRINT
from launch.pipeline.play_training import as_processing, pack_model
from launch.pipeline.registry import register
from launch.pipeline.resolve import Resolver
from launch.request.plan import job_name
from launch.runs.local import FOLDER, LocalRuns
from launch.runs.model import Run


@dataclass
class Listener:
    """Hears what happens: hosts' lines, the emulator's notes, steps that begin and end."""

    line: Callable[[str, str], None] = lambda host, line: None
    note: Callable[[str], None] = lambda text: None
    begins: Callable[[str, str], None] = lambda step, run: None
    ends: Callable[[StepOutcome], None] = lambda outcome: None


class _StepFailedError(Exception):
    """A step that failed; the message says why."""


@dataclass
class LocalExecution:
    """One execution of a definition on this machine."""

    description: Description
    pipeline: str
    definition: Mapping[str, Any]
    parameters: Mapping[str, Any]
    cluster: ClusterKind = "standalone"
    listener: Listener = field(default_factory=Listener)
    use_cache: bool = True

    def __post_init__(self) -> None:
        self.id = secrets.token_hex(6)
        home = self.description.root / FOLDER
        self._home = home
        self._runs = LocalRuns(self.description.root)
        self._store = FolderStore(home / "s3")
        fingerprint = str(self.parameters.get(FINGERPRINT, ""))
        self._cache = LocalCache(home / "pipelines" / "cache", self._store, fingerprint)
        execution = {"PipelineExecutionId": self.id, "PipelineName": self.pipeline}
        self._steps = {step["Name"]: step for step in all_steps(self.definition["Steps"])}
        self._resolver = Resolver(self.parameters, execution, self._read_report)
        self._ended: list[StepOutcome] = []

    def run(self) -> Execution:
        """Play the steps, each when those it needs have ended; the first that fails ends all."""
        waiting = list(self.definition["Steps"])
        status, reason = "Succeeded", ""
        while waiting:
            done = {outcome.name for outcome in self._ended}
            step = next((each for each in waiting if done.issuperset(needs(each))), None)
            if step is None:
                raise LaunchError(f"nothing can start: {', '.join(s['Name'] for s in waiting)}")
            waiting.remove(step)
            outcome, more = self._play(step)
            self._ended.append(outcome)
            self.listener.ends(outcome)
            if outcome.status == "Failed":
                status, reason = "Failed", outcome.detail
                break
            waiting = [*more, *waiting]
        left = [StepOutcome(each["Name"], each["Type"], "NotRun") for each in waiting]
        found = Execution(self.id, self.pipeline, status, (*self._ended, *left), reason)
        self._record(found)
        return found

    def _play(self, step: dict[str, Any]) -> tuple[StepOutcome, list[dict[str, Any]]]:
        """Play one step; return how it ended, and the steps that start because of it."""
        name, kind, began = step["Name"], step["Type"], time.monotonic()
        more: list[dict[str, Any]] = []
        run, status, detail = "", "Succeeded", ""
        try:
            if kind == "Condition":
                more, detail = self._decide(step)
            elif kind in ("Processing", "Training"):
                run, status = self._play_job(step)
            elif kind == "RegisterModel":
                arguments = self._resolver.value(step["Arguments"])
                path = register(self._home / "models", arguments, execution=self.id)
                detail = str(path.relative_to(self.description.root))
            elif kind == "Fail":
                status = "Failed"
                detail = self._resolver.value(step["Arguments"]["ErrorMessage"])
            else:
                raise LaunchError(f"steps of type {kind} are not played here")
        except (LaunchError, _StepFailedError) as error:
            status, detail = "Failed", str(error)
            run = run or self._latest
        seconds = time.monotonic() - began
        return StepOutcome(name, kind, status, seconds, run, detail), more

    def _decide(self, step: Mapping[str, Any]) -> tuple[list[dict[str, Any]], str]:
        arguments = step["Arguments"]
        holds = all(self._resolver.holds(each) for each in arguments["Conditions"])
        said = "; ".join(self._spelled(each) for each in arguments["Conditions"])
        self._resolver.steps[step["Name"]] = {"Outcome": holds}
        chosen = arguments["IfSteps" if holds else "ElseSteps"]
        return list(chosen), f"{said}: {'yes' if holds else 'no'}"

    def _spelled(self, condition: Mapping[str, Any]) -> str:
        words = {"GreaterThanOrEqualTo": "at least", "LessThanOrEqualTo": "at most"}
        left = condition["LeftValue"]
        what = left.get("Std:JsonGet", {}).get("Path", "") if isinstance(left, dict) else ""
        kind = words.get(condition["Type"], condition["Type"])
        values = [self._resolver.value(condition[side]) for side in ("LeftValue", "RightValue")]
        shown = [f"{v:.4g}" if isinstance(v, float) else str(v) for v in values]
        return f"{what} {shown[0]} {kind} {shown[1]}".strip()

    _latest = ""

    def _play_job(self, step: Mapping[str, Any]) -> tuple[str, str]:
        """Play a job, or take what an equal one made; return its run's name and the status."""
        request = self._resolver.value(step["Arguments"])
        known = self._cache.get(step, request) if self.use_cache else None
        if known:
            self._resolver.steps[step["Name"]] = known["properties"]
            return known["run"], "Cached"
        name = job_name(self.description, f"pipeline-{step['Name'].lower()}")
        self._latest = name
        self.listener.begins(step["Name"], name)
        played = self._training if step["Type"] == "Training" else self._processing
        properties = played(request, name)
        self._resolver.steps[step["Name"]] = properties
        self._cache.put(step, request, name, properties)
        return name, "Succeeded"

    def _processing(self, request: Mapping[str, Any], name: str) -> dict[str, Any]:
        self._completed({**request, "ProcessingJobName": name})
        outputs = request.get("ProcessingOutputConfig", {}).get("Outputs", ())
        by_name = {output["OutputName"]: output for output in outputs}
        return {"ProcessingOutputConfig": {"Outputs": by_name}}

    def _training(self, request: Mapping[str, Any], name: str) -> dict[str, Any]:
        self._completed(as_processing(request, name, self._store))
        uri = (
            f"{request['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{name}/output/model.tar.gz"
        )
        folder = self._home / "runs" / name / "work" / "algo-1" / "opt" / "ml" / "model"
        pack_model(folder, self._store, uri)
        return {"ModelArtifacts": {"S3ModelArtifacts": uri}}

    def _completed(self, request: dict[str, Any]) -> Run:
        listener = self.listener
        run = self._runs.play(
            request, store=self._store, cluster=self.cluster,
            show=listener.line, note=listener.note,
        )  # fmt: skip
        if run.status != "Completed":
            words = run.exit_message or run.failure_reason or run.status
            raise _StepFailedError(words.strip().splitlines()[0] if words.strip() else run.status)
        return run

    def _read_report(self, reference: str) -> Any:
        """Read the JSON of ``Steps.NAME.PropertyFiles.FILE`` from where the step put it."""
        _, name, _, file = reference.split(".")
        files = self._steps[name]["PropertyFiles"]
        wanted = next(each for each in files if each["PropertyFileName"] == file)
        made = self._resolver.steps[name]["ProcessingOutputConfig"]["Outputs"]
        prefix = made[wanted["OutputName"]]["S3Output"]["S3Uri"].rstrip("/")
        with tempfile.TemporaryDirectory() as draft:
            path = Path(draft) / "report.json"
            try:
                self._store.download(f"{prefix}/{wanted['FilePath']}", path)
                return json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise LaunchError(
                    f"the report {prefix}/{wanted['FilePath']} of {name} cannot be read: {error}"
                ) from None

    def _record(self, execution: Execution) -> None:
        folder = self._home / "pipelines"
        folder.mkdir(parents=True, exist_ok=True)
        data = {**execution.to_json(), "parameters": dict(self.parameters)}
        text = json.dumps(data, indent=2, sort_keys=True)
        (folder / f"{self.id}.json").write_text(text, encoding="utf-8")
