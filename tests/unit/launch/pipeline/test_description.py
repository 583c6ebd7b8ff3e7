"""What a reader of launch.yaml is told about a pipeline that cannot be."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from launch.description.load import Description
from launch.errors import DescriptionError

Describe = Callable[..., Description]


def test_the_short_form_of_a_step_is_its_job(describe: Describe) -> None:
    pipeline = describe().pipelines["sales"]
    assert pipeline.prepare.job == "prepare"
    assert pipeline.evaluate.inputs == {"model": "model", "test": "prepared/test/"}
    assert (pipeline.train.max_runtime, pipeline.train.max_wait, pipeline.cache) == (1200, 2400, 30)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    prepare: prepare\n", "    prepare: preparee\n",
         "sales.prepare: there is no job 'preparee'; did you mean prepare?"),
        ("    prepare: prepare\n", "    prepare: [prepare]\n", "pipelines.sales.prepare"),
        ("job: evaluate", "job: prepare", "sales.evaluate: the job prepare must be of kind sklearn "
         "or container"),
        ("test: prepared/test/", "tset: prepared/test/",
         "the job evaluate has no input 'tset'; it has: model, test"),
        ("test: prepared/test/", "test: elsewhere/test/", "pipelines.sales.evaluate.inputs.test"),
        ("max_wait: 40m", "max_wait: 10m", "max_wait (600 s) is shorter than max_runtime (1200 s)"),
        ("      max_wait: 40m\n", "", "spot needs max_wait"),
        ("spot: true", "spot: false", "max_wait is about spot: write spot: true, or remove it"),
        ("metric: auc_roc", "metric: auc_rox", "did you mean auc_roc?"),
        ("at_least: 0.8", "at_least: 0.8, at_most: 1", "give one limit: at_least, or at_most"),
        (", at_least: 0.8", "", "give one limit: at_least, or at_most"),
        ("group: shop-sales", "group: shop_sales", "pipelines.sales.register.group"),
        ("depth: 3", "sagemaker_program: x", "names that start with sagemaker_ are SageMaker's"),
        ("    input: s3://shop-bucket/raw/", "    input: s3://shop-bucket/row/",
         "s3://shop-bucket/row/ stands nowhere in the job prepare"),
        ("    prepared: s3://shop-bucket/prepared/", "    prepared: s3://shop-bucket/prepare/",
         "s3://shop-bucket/prepare/ stands nowhere in the job prepare"),
        ("    prepared: s3://shop-bucket/prepared/", "    prepared: s3://shop-bucket/raw/p/",
         "lies below input (s3://shop-bucket/raw/)"),
        ("      script: train.py", "      script: train.py\n      packages: [skops]",
         "write NAME==VERSION, such as skops==0.16.0; not skops"),
        ("    input: s3://shop-bucket/raw/", "    input: s3://shop-bucket/raw/\n    cache: long",
         "pipelines.sales.cache: 'long' is no number of days; write 90d; or write false"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(describe: Describe, old: str, new: str, said: str) -> None:
    with pytest.raises(DescriptionError) as caught:
        describe((old, new))
    assert said in str(caught.value)
    assert len(caught.value.problems) == 1


def test_a_metric_by_its_path_is_not_checked(describe: Describe) -> None:
    path = "binary_classification_metrics.auc.value"
    assert describe(("auc_roc", path)).pipelines["sales"].condition.metric == path


def test_several_outputs_need_to_be_told_apart(describe: Describe) -> None:
    more = (
        "destination: s3://shop-bucket/evaluation/${run}/",
        "destination: s3://shop-bucket/evaluation/${run}/\n"
        "      - {name: more, source: /opt/ml/processing/more, destination: s3://shop-bucket/m/}",
    )
    with pytest.raises(DescriptionError, match="say which one has the report: output: evaluation"):
        describe(more)
    found = describe(more, ("at_least: 0.8", "at_least: 0.8, output: more"))
    assert found.pipelines["sales"].condition.output == "more"


def test_what_is_wrong_has_its_line(describe: Describe) -> None:
    with pytest.raises(DescriptionError) as caught:
        describe(("    prepare: prepare\n", "    prepare: nothing-like-it\n"))
    (problem,) = caught.value.problems
    assert (problem.line, problem.place) == (47, "pipelines.sales.prepare")
