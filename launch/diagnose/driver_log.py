"""What the logs of the hosts say: the job's own words, tracebacks, Spark's warnings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from launch.diagnose.evidence import Clue, Evidence
from launch.diagnose.lines import Line, hosts_of, read_lines
from launch.diagnose.tracebacks import RootError, find_errors, root_error

_PARAGRAPH = re.compile(r"^(?:[\w.-]+(?: [\w-]+)?: )?error: (?P<text>.+)$")
_EXIT = re.compile(
    r"(?:exit code:?|exit status|exited with code) (?P<code>-?\d+)"
    r"|Signals\.SIG(?P<kill>KILL)"
)
_SUBMIT_EXIT = re.compile(r"spark-submit.*(?:exit code|exit status|died with)")
NO_RESOURCES = "Initial job has not accepted any resources"
_FINISHED = re.compile(
    r"TaskSetManager: Finished task \S+ in stage (?P<stage>\d+)\.\d+"
    r" .*\((?P<done>\d+)/(?P<all>\d+)\)"
)
_STAGE = re.compile(r"Submitting \d+ missing tasks from \w+ (?P<stage>\d+) \(.*? at (?P<at>.+?)\)")
_JAVA_MAIN = re.compile(r'^Exception in thread "[^"]*" (?P<text>\S.*)')
# What tells of a process that ended before its time, wherever it is logged.
_LOSS = re.compile(
    r"OutOfMemoryError|GC overhead limit|memory limits|Lost executor|ExecutorLostFailure"
    r"|Removing executor|Requesting driver to remove executor|Container (?:from|killed|marked)"
    r"|No space left on device|Out of memory: Killed|FetchFailed|kill -9|worker exited unexpectedly"
    r"|^MemoryError"
)
_NOISE = re.compile(
    r"Could not find (?:AppClient|CoarseGrainedScheduler)|Shutdown hooks cannot|NativeCodeLoader"
    r"|Error while invoking RpcHandler|RejectedExecutionException|CalledProcessError|smspark"
)
_TELLING = re.compile(
    r"\b(?:ERROR|FATAL|CRITICAL)\b|[Ee]xception|Error\b|^error:|[Ff]ailed|[Nn]o such"
)
_MAX_LOSSES = 200


@dataclass(frozen=True)
class LogFacts:
    """What matters of the logs."""

    lines: tuple[Line, ...]
    paragraph: Clue | None
    exit_code: int | None
    root: RootError | None
    java_main: Clue | None
    losses: tuple[Clue, ...]
    waiting: Line | None
    progress: str | None

    def telling(self, count: int = 5) -> tuple[str, ...]:
        """Return the last lines that tell of an error; where there are none, the last lines."""
        spoken = [line for line in self.lines if line.text.strip()]
        chosen = [
            line
            for line in spoken
            if not line.quiet
            and _TELLING.search(line.text)
            and not line.text.startswith(("\t", " "))
            and not _NOISE.search(line.text)
        ]
        return tuple(line.quote() for line in (chosen or spoken)[-count:])


def read_logs(evidence: Evidence) -> LogFacts:
    """Read the logs of every host once."""
    lines = read_lines(evidence.logs)
    primary = next(iter(hosts_of(evidence.logs)), None)
    driver = [line for line in lines if line.host == primary and not line.container]
    workers = [line for line in lines if line.host != primary and not line.container]
    root = root_error(find_errors(driver))
    if root is None or root.error.from_image:
        root = root_error(find_errors(workers)) or root
    return LogFacts(
        lines=tuple(lines),
        paragraph=_paragraph(driver) or _paragraph(workers),
        exit_code=_exit_code(evidence.said, driver),
        root=root,
        java_main=_java_main(driver),
        losses=_losses(lines, primary),
        waiting=_last(driver, NO_RESOURCES),
        progress=_progress(driver),
    )


def _last(lines: Sequence[Line], sign: str) -> Line | None:
    return next((line for line in reversed(lines) if sign in line.text), None)


def _paragraph(lines: Sequence[Line]) -> Clue | None:
    """Return the last ``error: …`` of the job, with the list of problems that may follow it."""
    for number in range(len(lines) - 1, -1, -1):
        found = _PARAGRAPH.match(lines[number].text)
        if found:
            text = found["text"].strip()
            items = []
            for line in lines[number + 1 :]:
                if not line.text.startswith("  - "):
                    break
                items.append(line.text[4:].strip())
            joined = f"{text.rstrip(':')}: {'; '.join(items)}" if items else text
            return Clue(lines[number].host, joined)
    return None


def _exit_code(said: str, driver: Sequence[Line]) -> int | None:
    """Return the exit code of the job: from the service's words, else the image's."""
    codes = [text for text in (said, *_submit_words(driver)) if text]
    for text in codes:
        found = list(_EXIT.finditer(text))
        if found:
            return 137 if found[-1]["kill"] else int(found[-1]["code"]) % 256
    return None


def _submit_words(lines: Sequence[Line]) -> list[str]:
    return [line.text for line in reversed(lines) if _SUBMIT_EXIT.search(line.text)][:1]


def _java_main(lines: Sequence[Line]) -> Clue | None:
    """Return what spark-submit itself stumbled over, before the job began."""
    for number in range(len(lines) - 1, -1, -1):
        found = _JAVA_MAIN.match(lines[number].text)
        if found:
            below = [line.text for line in lines[number + 1 : number + 200]]
            causes = [text for text in below if text.startswith("Caused by:")]
            return Clue(lines[number].host, "\n".join([found["text"], *causes]))
    return None


def _losses(lines: Sequence[Line], primary: str | None) -> tuple[Clue, ...]:
    """Return the lines that tell of killed processes and full memory, oldest first."""
    found = []
    for line in lines:
        if _LOSS.search(line.text) and not _NOISE.search(line.text) and line.level != "INFO":
            host = line.host if line.container or line.host != primary else None
            of_task = re.search(r"lost task|exception in task|executor", line.text, re.IGNORECASE)
            found.append(Clue(line.host, line.text, executor=bool(host or of_task), host=host))
    return tuple(found[:_MAX_LOSSES])


def _progress(lines: Sequence[Line]) -> str | None:
    """Say how far the last stage came that the driver's log tells of."""
    names = {found["stage"]: found["at"] for line in lines if (found := _STAGE.search(line.text))}
    for line in reversed(lines):
        found = _FINISHED.search(line.text)
        if found:
            name = names.get(found["stage"])
            stage = f"stage {found['stage']}" + (f" ({name})" if name else "")
            return f"{stage}: {found['done']} of {found['all']} tasks done"
    return None
