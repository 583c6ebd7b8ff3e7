"""What differs where no Spark runs: no executors, no event log, another image."""

from __future__ import annotations

import dataclasses

from launch.diagnose.case import Case, make_diagnosis
from launch.diagnose.evidence import Diagnosis

KILLED = 137
# Said of executors, clusters and event logs; None: of no use here.
_WORDS = {
    "see the stages: launch history": None,
    "see where the time went: launch history": None,
    "or give it more hosts: raise instance_count, or choose a larger instance_type": (
        "or choose a larger instance_type"
    ),
    "jobs/, transforms/ and schemas/ are sent; anything else must be in the image": (
        "of kind sklearn: name it in packages in launch.yaml, if it is pure Python; what else it "
        "depends on as well"
    ),
    "or name an image of your own with image_uri": (
        "or use an image that has it: kind container, image_uri"
    ),
}


def killed(case: Case) -> Diagnosis | None:
    """Say that the container was killed, where nothing tells why."""
    if case.log.exit_code != KILLED:
        return None
    return make_diagnosis(
        "out_of_memory",
        "the job was killed (exit code 137), most often because its host ran out of memory",
        None,
        [*case.quotes(), *case.log.telling(3)],
        "choose an instance_type with more memory in launch.yaml",
        "or give it less data at a time; kind: spark divides the data among hosts",
    )


def without_spark(found: Diagnosis) -> Diagnosis:
    """Word a diagnosis for a job that is not Spark's."""
    advice = [_WORDS.get(text, text) for text in found.advice]
    return dataclasses.replace(
        found,
        cause=found.cause.replace("is not on the cluster", "is not in the image"),
        advice=tuple(text for text in advice if text),
    )
