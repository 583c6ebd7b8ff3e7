"""Put known mistakes into the code and see which test notices: ``python -m campaigns.mutants``.

The lists are ``campaigns/mutants/*.toml``. Each entry is one mistake, small and plausible::

    [[mutant]]
    what = "the sign of life is removed first"       # in plain words; names the entry
    file = "jobs/publish/output.py"
    was = "self.files.remove(self.staging)"          # exact text; occurs exactly once in the file
    becomes = "pass"                                 # what stands there instead
    tests = ["tests/unit/jobs/publish/test_protocol.py"]  # pytest paths or node ids; a few seconds

Several lines go into TOML's ``'''``; a line break right after the opening quotes is not part of the
text. The files that git knows, or would add, are copied as they are now, and all named tests have
to pass there. Then each mutant is put in alone and its tests run until one fails, two mutants at
a time. Exit code 0 where every mutant was caught, 1 where any survived, 2 where a list has gone
stale (``was`` is not there, or not once; ``becomes`` is no Python) or the tests fail without it.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from queue import SimpleQueue

import tomllib

ROOT = Path(__file__).resolve().parents[2]
LISTS = Path(__file__).parent
_AT_ONCE = 2
_PYTEST = ("-x", "-q", "-n0", "-p", "no:randomly", "-p", "no:cacheprovider")
_PATIENCE = 600.0  # seconds; a mutant that makes its tests hang is caught by that
_NOTICED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)


class StaleError(Exception):
    """A list does not fit the code, or the tests fail as it is."""


@dataclass(frozen=True)
class Mutant:
    """One mistake: where it goes, and which tests should notice."""

    what: str
    file: str
    was: str
    becomes: str
    tests: tuple[str, ...]

    def put_into(self, root: Path) -> str:
        """Put it into a copy of the project; return the file's text as it was."""
        path = root / self.file
        text = path.read_text()
        path.write_text(text.replace(self.was, self.becomes))
        return text

    def problems(self, root: Path) -> list[str]:
        """Say why it does not fit the code."""
        path = root / self.file
        if not path.is_file():
            return [f"there is no {self.file}"]
        text = path.read_text()
        found = text.count(self.was) if self.was else 0
        if found != 1:
            return [f"`was` occurs {found} times in {self.file}, not once"]
        missing = [name for name in self.tests if not (root / name.split("::")[0]).exists()]
        problems = [f"there is no {name}" for name in missing]
        if self.was == self.becomes or not self.tests:
            problems.append("it changes nothing, or names no tests")
        if path.suffix == ".py":
            try:
                ast.parse(text.replace(self.was, self.becomes))
            except SyntaxError as error:
                problems.append(f"{self.file} is no Python with it: {error}")
        return problems


def read_lists(folder: Path) -> list[Mutant]:
    """Read all lists; StaleError names every entry that is not one."""
    names = [field.name for field in fields(Mutant)]
    mutants, wrong = [], []
    for path in sorted(folder.glob("*.toml")):
        for number, entry in enumerate(tomllib.loads(path.read_text()).get("mutant", []), 1):
            if sorted(entry) == sorted(names):
                mutants.append(Mutant(**{**entry, "tests": tuple(entry["tests"])}))
            else:
                title = entry.get("what", f"number {number}")
                wrong.append(f"{path.name}: {title}: has {sorted(entry)}, not {sorted(names)}")
    if wrong:
        raise StaleError("\n".join(wrong))
    return mutants


def check(mutants: Iterable[Mutant], root: Path) -> None:
    """Raise StaleError, with all that is wrong, where an entry does not fit the code."""
    wrong = [f"{one.what}: {text}" for one in mutants for text in one.problems(root)]
    if wrong:
        raise StaleError("\n".join(wrong))


def copy_project(root: Path, target: Path) -> None:
    """Copy the files that git tracks or would add, with what they hold now."""
    line = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(line, cwd=root, capture_output=True, text=True, check=True).stdout
    for name in sorted(set(listed.split("\0")) - {""}):
        if (root / name).is_file():  # not one that was just removed
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)


def run_tests(copy: Path, tests: Iterable[str]) -> tuple[int | None, str]:
    """Run tests in a copy; return pytest's exit code, None where they do not end, and its words."""
    line = [sys.executable, "-m", "pytest", *_PYTEST, *tests]
    # Bytecode is told from the source by size and whole seconds: too coarse for what is done here.
    env = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        line,
        cwd=copy,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    ) as process:
        try:
            said, _ = process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None, ""
    return process.returncode, said


def who_notices(mutant: Mutant, copy: Path) -> str | None:
    """Put a mutant into a copy, run its tests, take it out; return the test that fails, or None."""
    text = mutant.put_into(copy)
    try:
        code, said = run_tests(copy, mutant.tests)
    finally:
        (copy / mutant.file).write_text(text)
    if code == 0:
        return None
    if code is None:
        return f"tests that do not end within {_PATIENCE:.0f} s"
    if code < 0:
        return f"tests that die of signal {-code}"
    noticed = _NOTICED.search(said)
    if noticed is None:
        raise StaleError(f"{mutant.what}: pytest ended with {code}\n{said[-3000:]}")
    return noticed[1]


def play(mutants: Sequence[Mutant], root: Path) -> list[str | None]:
    """Run the tests without any mutant, then each mutant's; return who noticed each."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        # One directory deeper, as tests look for what lies beside the project.
        copies = [Path(folder).resolve() / str(number) / root.name for number in range(_AT_ONCE)]
        for copy in copies:
            copy_project(root, copy)
        check(mutants, copies[0])
        tests = sorted({name for one in mutants for name in one.tests})
        print(f"{len(mutants)} mutants; their tests without them", file=sys.stderr, flush=True)
        code, said = run_tests(copies[0], tests)
        if code != 0:
            raise StaleError(f"the tests fail without any mutant\n{said[-5000:]}")
        free: SimpleQueue[Path] = SimpleQueue()
        for copy in copies:
            free.put(copy)

        def one(mutant: Mutant) -> str | None:
            copy, began = free.get(), time.monotonic()
            try:
                found = who_notices(mutant, copy)
            finally:
                free.put(copy)
            end = "caught" if found else "SURVIVED"
            line = f"{end:<8} {time.monotonic() - began:4.0f} s  {mutant.file}: {mutant.what}"
            print(line, file=sys.stderr, flush=True)
            return found

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(one, mutants))


def main(argv: Sequence[str] | None = None, *, root: Path = ROOT, lists: Path = LISTS) -> int:
    """Play all mutants, print who noticed each; exit codes as the module's docstring says."""
    parser = argparse.ArgumentParser(
        prog="python -m campaigns.mutants",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", default="", metavar="WORD", help="those whose words or file do")
    word = parser.parse_args(argv).only.casefold()
    try:
        mutants = [one for one in read_lists(lists) if word in f"{one.what}\n{one.file}".casefold()]
        if not mutants:
            raise StaleError(f"no mutant has {word!r} in its words or file")
        found = play(mutants, root)
    except StaleError as error:
        print(error, file=sys.stderr)
        return 2
    for mutant, test in zip(mutants, found):
        print(f"{mutant.file:<40} {mutant.what}\n    {test or 'SURVIVED'}")
    survivors = [mutant for mutant, test in zip(mutants, found) if test is None]
    print(f"{len(mutants)} mutants, {len(survivors)} survived")
    for mutant in survivors:
        print(f"SURVIVED {mutant.file}: {mutant.what}")
    return int(bool(survivors))


if __name__ == "__main__":
    sys.exit(main())
