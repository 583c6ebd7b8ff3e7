"""The order in which causes are looked for, and the causes that lie in the program."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Optional

from launch.diagnose import outcomes
from launch.diagnose.case import Case, make_case, make_diagnosis
from launch.diagnose.evidence import Clue, Diagnosis, Evidence, shorten
from launch.diagnose.other_kinds import killed, without_spark
from launch.diagnose.signs import find_sign
from launch.diagnose.tracebacks import RootError, java_root
from launch.image.kind import runs_spark

Rule = Callable[[Case], Optional[Diagnosis]]
WRONG_INPUT, KILLED = 2, 137
_SEE_MORE = "read the lines around it: launch logs JOB"
_CAUSED = re.compile(r"^Caused by: (?P<text>\S.*)", re.MULTILINE)
_STAGE = re.compile(
    r"Task (?P<task>\d+) in stage (?P<stage>\d+)\.\d+ failed (?P<times>\d+) times,"
    r" most recent failure: Lost task \S+ in stage \S+ \(TID \d+\) \([^)]*\): (?P<reason>.*)"
)
_PACKAGE = re.compile(r"^(?:[a-z_$][\w$]*\.)+(?=[A-Z])")
_EXCEPTION = re.compile(r"^[A-Z]\w*(?:Error|Exception|Exit|Interrupt)\b")


def diagnose(evidence: Evidence) -> Diagnosis:
    """Return the root cause of how a job ended, not what followed from it."""
    case = make_case(evidence)
    if runs_spark(evidence.request):
        return _first(ORDER, case)
    order = [rule for rule in ORDER if rule not in _SPARK_ONLY]
    return without_spark(_first([*order, killed], case))


def _first(order: Sequence[Rule], case: Case) -> Diagnosis:
    return next((found for rule in order if (found := rule(case))), None) or outcomes.unknown(case)


def refusal(case: Case) -> Diagnosis | None:
    """Take the job's own word where it says that its input is wrong."""
    paragraph = case.log.paragraph
    if not paragraph or case.log.exit_code not in (WRONG_INPUT, None):
        return None
    if case.log.exit_code is None and (_EXCEPTION.match(paragraph.text) or case.root):
        return None
    known = find_sign([paragraph], lost=False)
    advice = (
        known.advice
        if known
        else ("correct the input, or the job's arguments in launch.yaml, and submit it again",)
    )
    quotes = [f"{paragraph.source}: error: {shorten(paragraph.text)}"]
    if case.log.exit_code:
        quotes.append(f"exit code: {case.log.exit_code}")
    return make_diagnosis("input_error", paragraph.text, None, quotes, *advice)


def known_sign(case: Case) -> Diagnosis | None:
    """Look for the texts of known causes: memory, disk, access, paths, modules, columns."""
    found = find_sign(case.clues, lost=case.consequence)
    if not found:
        return None
    place = case.root.error.where if case.root and not case.consequence else None
    own = place if case.root and not case.root.error.java else None
    where = own or case.stage or found.clue.where or place
    quotes = case.quotes(found.quote)
    return make_diagnosis(found.sign.kind, found.cause, where, quotes, *found.advice)


def killed_driver(case: Case) -> Diagnosis | None:
    """Say that the driver was killed, where nothing tells why."""
    killed = case.log.exit_code == KILLED
    if not case.consequence or not (killed or (case.root and case.root.error.gone)):
        return None
    code = " (exit code 137)" if killed else ""
    return make_diagnosis(
        "out_of_memory",
        f"the driver was killed{code}, most often because its host ran out of memory",
        case.progress,
        [*case.quotes(), *case.log.telling(3)],
        "choose an instance_type with more memory in launch.yaml",
        "do not collect() or toPandas() large tables on the driver",
    )


def python_error(case: Case) -> Diagnosis | None:
    """Name the Python exception and the line that raised it."""
    root = case.root
    if not root or root.error.java or root.error.gone:
        return None
    error, place = root.error, ""
    if error.in_task or root.outer.java:
        place = ", in Python code that runs in the tasks"
    elif root.outer is not error:
        place = f" (reported as {root.outer.kind}: {shorten(root.outer.message, 100)})"
    said = f"{error.kind}: {error.message}" if error.message else error.kind
    line = f"{error.source}: {said}"
    return make_diagnosis(
        "python_exception",
        f"{shorten(said)}{place}",
        error.where or root.outer.where or case.stage,
        [line, *_called_from(root), *case.quotes()[1:]],
        f"look at {error.where}" if error.where else _SEE_MORE,
        "try it here on a small input: launch submit JOB --local",
    )


def _called_from(root: RootError) -> list[str]:
    """Quote the place in the driver's program where a task's error came out."""
    outer = root.outer
    return [f"{outer.source}: {outer.kind} at {outer.where}"] if outer.where else []


def spark_error(case: Case) -> Diagnosis | None:
    """Name the Java exception at the bottom, and the stage that failed."""
    root = case.root.error if case.root and case.root.error.java else None
    clue = next((clue for clue in case.fatal if _is_java(clue)), None)
    if not clue and not root:
        return None
    text = clue.text if clue else ""
    stage = _STAGE.search(text)
    causes = [found["text"] for found in _CAUSED.finditer(text)]
    if causes:
        reason = causes[-1]
    elif stage:
        reason = stage["reason"]
    else:
        reason = java_root(root) if root else text.split("\n", 1)[0]
    cause = shorten(_PACKAGE.sub("", reason))
    if stage:
        times = f"failed {stage['times']} times" if stage["times"] != "1" else "failed"
        cause = f"task {stage['task']} of stage {stage['stage']} {times}: {cause}"
    where = case.stage or (root.where if root else None)
    return make_diagnosis(
        "spark_error", cause, where, case.quotes(), _SEE_MORE, "see the stages: launch history"
    )


def _is_java(clue: Clue) -> bool:
    return bool(
        re.search(r"Job aborted|stage failure|Caused by: |^(?:[a-z]\w*\.)+[A-Z]", clue.text)
    )


def last_words(case: Case) -> Diagnosis | None:
    """Take the job's own last words as they are."""
    clue = case.log.paragraph or case.said
    if not clue:
        return None
    kind = "python_exception" if _EXCEPTION.match(clue.text) else "unknown"
    return make_diagnosis(kind, shorten(clue.text), case.stage, case.quotes(), _SEE_MORE)


# Root before consequence. What the service itself decided comes first; then what kept the program
# from starting; then its own judgement of its input (exit code 2). After that the table of SIGNS,
# which has the same order inside: memory before a lost executor, that before lost shuffle files.
# A plain exception of the program comes before the failed stage that carries it, and the job's
# paragraph for exit code 1 last: the event log may know better.
ORDER: tuple[Rule, ...] = (
    outcomes.succeeded,
    outcomes.running,
    outcomes.no_resources,
    outcomes.timeout,
    outcomes.stopped,
    outcomes.image,
    outcomes.wrong_options,
    refusal,
    known_sign,
    killed_driver,
    python_error,
    spark_error,
    last_words,
)
_SPARK_ONLY = (outcomes.no_resources, outcomes.wrong_options, killed_driver, spark_error)
