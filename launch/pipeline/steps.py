"""The SDK's steps of a chain. Imported where the SDK is loaded, see :mod:`launch.pipeline.sdk`."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sagemaker.core.workflow.conditions import (
    ConditionGreaterThanOrEqualTo,
    ConditionLessThanOrEqualTo,
)
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import JsonGet
from sagemaker.core.workflow.parameters import ParameterFloat, ParameterString
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline as SdkPipeline
from sagemaker.mlops.workflow.retry import (
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
)
from sagemaker.mlops.workflow.steps import CacheConfig, ProcessingStep, TrainingStep

from launch.description.load import Description
from launch.description.pipelines import Pipeline
from launch.pipeline.fill import Parts, fill, joined, without_last_slash
from launch.pipeline.parameters import (
    FINGERPRINT,
    INPUT,
    date_forms,
    limit_name,
    parameters_of,
)
from launch.pipeline.recorded import MODEL, Recorded, digest, recipe_of
from launch.pipeline.sdk import step_arguments
from launch.pipeline.training import training_image

REPORT = "report"
_KINDS = {"String": ParameterString, "Float": ParameterFloat}
_TRAINING_KEY = (
    "AlgorithmSpecification", "CheckpointConfig", "Environment", "HyperParameters",
    "InputDataConfig",
)  # fmt: skip


def make_pipeline(
    description: Description,
    pipeline: Pipeline,
    name: str,
    session: Any,
    recorded: tuple[Recorded, Recorded, Recorded],
) -> SdkPipeline:
    """Chain prepare, train, evaluate, the condition, and what follows from it."""
    chain = _Chain(description, pipeline, session)
    prepare = chain.prepare(recorded[0])
    train = chain.train(recorded[1], prepare)
    evaluate = chain.evaluate(recorded[2], prepare, train)
    return SdkPipeline(
        name=name,
        parameters=list(chain.parameters.values()),
        steps=[prepare, train, evaluate, chain.condition(train, evaluate)],
        sagemaker_session=session,
        pipeline_experiment_config=None,
    )


class _Chain:
    """Makes the steps one after the other; each fills in what those before it made."""

    def __init__(self, description: Description, pipeline: Pipeline, session: Any) -> None:
        self._description = description
        self._pipeline = pipeline
        self._session = session
        self._code = ""
        self.parameters: dict[str, Any] = {}
        for item in parameters_of(description, pipeline):
            made = _KINDS[item.kind](name=item.name, default_value=item.default)
            self.parameters[item.name] = made
        forms = date_forms(description, pipeline)
        self._parts: dict[str, tuple[Any, ...]] = {
            f"${{date:{form}}}": (self.parameters[name],) for name, form in forms.items()
        }
        if "Date" in forms:
            self._parts["${date}"] = (self.parameters["Date"],)
        self._parts[pipeline.input] = (self.parameters[INPUT],)

    def prepare(self, recorded: Recorded) -> ProcessingStep:
        """Give what prepare writes a folder for its own code and arguments, and its input."""
        pipeline, fingerprint = self._pipeline, self.parameters[FINGERPRINT]
        folder = (f"{pipeline.prepared}{recipe_of(recorded.request)}/", fingerprint, "/")
        # An output to ${run}/ has the run's name there.
        self._parts |= {pipeline.prepared: folder, f"{pipeline.prepared}{recorded.name}/": folder}
        request = self._filled(recorded)
        request["Environment"] = {
            **(request.get("Environment") or {}), "INPUT_FINGERPRINT": fingerprint,
        }  # fmt: skip
        return self._processing("Prepare", request, [])

    def train(self, recorded: Recorded, prepare: ProcessingStep) -> TrainingStep:
        """Keep checkpoints apart by code, arguments and input: none may resume another's."""
        self._code = recorded.request["HyperParameters"]["sagemaker_submit_directory"]
        parts: Parts = self._parts
        if uri := self._pipeline.train.checkpoints:
            recipe = digest([recorded.request.get(name) for name in _TRAINING_KEY])
            folder = (f"{uri.rstrip('/')}/{recipe}/", self.parameters[FINGERPRINT], "/")
            parts = {**parts, uri: folder}
        request = fill(recorded.request, parts)
        return TrainingStep(
            name="Train",
            step_args=step_arguments(self._session, "train", request),
            depends_on=[prepare],
            cache_config=self._cache,
            retry_policies=_retries(),
        )

    def evaluate(
        self, recorded: Recorded, prepare: ProcessingStep, train: TrainingStep
    ) -> ProcessingStep:
        """Read the model that was trained, and let the report's figures be asked for."""
        self._parts[MODEL] = (train.properties.ModelArtifacts.S3ModelArtifacts,)
        condition = self._pipeline.condition
        report = PropertyFile(name=REPORT, output_name=self._output, path=condition.report)
        request = self._filled(recorded)
        for output in request["ProcessingOutputConfig"]["Outputs"]:
            if output["OutputName"] == self._output:
                # Others ask for its address, and add "/" and the report's name.
                output["S3Output"]["S3Uri"] = without_last_slash(output["S3Output"]["S3Uri"])
        return self._processing("Evaluate", request, [prepare, train], [report])

    def condition(self, train: TrainingStep, evaluate: ProcessingStep) -> ConditionStep:
        """Register the model where its metric is good enough; else fail, and say so."""
        condition = self._pipeline.condition
        least = condition.at_least is not None
        compare = ConditionGreaterThanOrEqualTo if least else ConditionLessThanOrEqualTo
        limit = self.parameters[limit_name(self._pipeline)]
        metric = JsonGet(step_name="Evaluate", property_file=REPORT, json_path=condition.metric)
        found = evaluate.properties.ProcessingOutputConfig.Outputs[self._output].S3Output.S3Uri
        refusal = [
            f"The model was not registered: its {condition.metric} is not at "
            f"{'least' if least else 'most'} ", limit, ". See ", found, f"/{condition.report}",
        ]  # fmt: skip
        return ConditionStep(
            name="GoodEnough",
            depends_on=[evaluate],
            conditions=[compare(left=metric, right=limit)],
            if_steps=[self._register(train, found)],
            else_steps=[FailStep(name="NotGoodEnough", error_message=joined(refusal))],
        )

    def _register(self, train: TrainingStep, found: Any) -> ModelStep:
        from sagemaker.core.model_registry import create_model_package_from_containers

        pipeline, training = self._pipeline, self._pipeline.train
        report = joined([found, f"/{pipeline.condition.report}"])
        statistics = {"ContentType": "application/json", "S3Uri": report}
        model = SimpleNamespace(sagemaker_session=self._session)
        self._session.init_model_step_arguments(model)
        arguments = create_model_package_from_containers(
            self._session,
            containers=[
                {
                    "Image": training_image(self._description, training),
                    "ModelDataUrl": train.properties.ModelArtifacts.S3ModelArtifacts,
                    "Environment": {
                        "SAGEMAKER_PROGRAM": training.script.rpartition("/")[2],
                        "SAGEMAKER_SUBMIT_DIRECTORY": self._code,
                    },
                }
            ],
            content_types=["text/csv", "application/json"],
            response_types=["text/csv", "application/json"],
            inference_instances=list(pipeline.register_.instance_types),
            transform_instances=list(pipeline.register_.instance_types[-1:]),
            model_package_group_name=pipeline.register_.group,
            model_metrics={"ModelQuality": {"Statistics": statistics}},
            approval_status=pipeline.register_.approval,
            customer_metadata_properties={
                "input": self.parameters[INPUT],
                "input_fingerprint": self.parameters[FINGERPRINT],
            },
        )
        self._session.context = None
        return ModelStep(name="Register", step_args=arguments, retry_policies=_retries(job=False))

    @property
    def _output(self) -> str:
        """Return the name of evaluate's output that holds the report."""
        outputs = self._description.job(self._pipeline.evaluate.job).outputs
        return self._pipeline.condition.output or outputs[0].name

    @property
    def _cache(self) -> CacheConfig | None:
        days = self._pipeline.cache
        return CacheConfig(enable_caching=True, expire_after=f"P{days}D") if days else None

    def _filled(self, recorded: Recorded) -> dict[str, Any]:
        """Fill a request in; where a run's name stands in outputs, the execution's does."""
        names = {recorded.name: (ExecutionVariables.PIPELINE_EXECUTION_ID,)}
        outputs = recorded.request.get("ProcessingOutputConfig", {})
        request: dict[str, Any] = fill(recorded.request, self._parts)
        request["ProcessingOutputConfig"] = fill(outputs, {**names, **self._parts})
        return {name: value for name, value in request.items() if value != {}}

    def _processing(
        self,
        name: str,
        request: dict[str, Any],
        depends_on: list[Any],
        files: list[Any] | None = None,
    ) -> ProcessingStep:
        return ProcessingStep(
            name=name,
            step_args=step_arguments(self._session, "run", request),
            property_files=files,
            depends_on=depends_on or None,
            cache_config=self._cache,
            retry_policies=_retries(),
        )


def _retries(*, job: bool = True) -> list[Any]:
    """Return what is tried again: AWS's own faults. What the code does wrong is not."""
    steps, jobs = StepExceptionTypeEnum, SageMakerJobExceptionTypeEnum
    policies: list[Any] = [
        StepRetryPolicy([steps.SERVICE_FAULT, steps.THROTTLING], 2.0, 30, max_attempts=5)
    ]
    if job:
        policies.append(
            SageMakerJobStepRetryPolicy(
                exception_types=[jobs.INTERNAL_ERROR, jobs.CAPACITY_ERROR, jobs.RESOURCE_LIMIT],
                backoff_rate=2.0, interval_seconds=60, max_attempts=5,
            )
        )  # fmt: skip
    return policies
