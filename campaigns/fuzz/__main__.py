"""Feed the jobs hostile input: ``python -m campaigns.fuzz [--seed N] [--cases N] [CASE …]``."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from campaigns.fuzz.settings import CONTRACT, spoil, write_json, write_yaml
from campaigns.fuzz.tables import ROWS, SPARK_TABLES, TABLES
from campaigns.resident import LOCAL, Resident
from launch.emulate.cluster import spark_env

ROOT = Path(__file__).resolve().parents[2]
# What a case has of the processor, which a busy machine gives late, and of the clock, in seconds:
# 60 rows of 20,000 columns took 25 s of a quiet machine's processor, and 160 of a busy one's.
_LIMIT = 240
_PATIENCE = 600
_PLAIN = "id,x,s,y\n" + "".join(f"{i},{i % 7},{'ab'[i % 2]},{i % 3}\n" for i in range(60))


@dataclass(frozen=True)
class Verdict:
    """How a case ended: ok, refused, or what is wrong with its end."""

    name: str
    end: str
    message: str = ""

    @property
    def is_bad(self) -> bool:
        """Tell whether the case is a crash or a hang, or was told badly."""
        return self.end not in ("ok", "refused")


def table_case(kind: str, chance: random.Random, folder: Path) -> list[str]:
    """Prepare a hostile table."""
    name = TABLES[kind](chance, folder)
    return ["prepare-tabular", str(folder / name), str(folder / "out"), "--target", "y"]


def contract_case(_: str, chance: random.Random, folder: Path) -> list[str]:
    """Prepare a good table by a hostile contract."""
    (folder / "t.csv").write_text(_PLAIN)
    write_json(spoil(CONTRACT, chance), folder / "contract.json", chance)
    line = ["prepare-tabular", str(folder / "t.csv"), str(folder / "out")]
    return [*line, "--contract", str(folder / "contract.json"), "--target", "y"]


def preprocessor_case(_: str, chance: random.Random, folder: Path) -> list[str]:
    """Prepare a good table by a hostile preprocessor."""
    import json

    (folder / "t.csv").write_text(_PLAIN)
    good = json.loads((folder.parent / "good" / "out" / "preprocessor.json").read_text())
    write_json(spoil(good, chance), folder / "p.json", chance)
    line = ["prepare-tabular", str(folder / "t.csv"), str(folder / "out")]
    return [*line, "--preprocessor", str(folder / "p.json")]


def launch_case(_: str, chance: random.Random, folder: Path) -> list[str]:
    """Check a hostile launch.yaml, beside which what it names is there."""
    for name in ("jobs", "transforms", "schemas", "container"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    write_yaml((ROOT / "launch.yaml").read_text(), folder / "launch.yaml", chance)
    return ["launch", "check", "--offline"]


def spark_case(kind: str, chance: random.Random, folder: Path) -> list[str]:
    """Prepare a hostile table by Spark; without a contract, or by one that was spoiled."""
    name = SPARK_TABLES[kind.removeprefix(SPARK)](chance, folder)
    line = ["prepare", str(folder / name), str(folder / "out"), "--target", "y"]
    return [
        *line,
        *chance.choice(([], [], ["--drop-duplicates"], ["--format", "csv"], ["--scale"])),
    ]


SPARK = "spark "
KINDS: dict[str, Callable[[str, random.Random, Path], list[str]]] = {
    **dict.fromkeys(TABLES, table_case),
    "contract": contract_case,
    "preprocessor": preprocessor_case,
    "launch.yaml": launch_case,
    **{SPARK + kind: spark_case for kind in SPARK_TABLES},
}


def play(name: str, seed: int, work: Path, spark: Resident) -> Verdict:
    """Play one case: in a process of its own, or in the Spark that stays."""
    kind, _, _ = name.rpartition(" ")
    folder = work / name.replace(" ", "-")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    chance = random.Random(f"{seed} {name}")
    line = KINDS[kind](kind, chance, folder)
    if kind.startswith(SPARK):
        code, said = spark.run(line, limit=_PATIENCE)
    else:
        code = _run(line, folder)
        said = (folder / "said").read_text(errors="replace")
    verdict = _judge(name, code, said, folder)
    if not verdict.is_bad:
        shutil.rmtree(folder, ignore_errors=True)
    return verdict


def _run(line: list[str], folder: Path) -> int | None:
    if not (child := os.fork()):
        handle = os.open(folder / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        os.chdir(folder)
        os._exit(_main(line))
    end = time.monotonic() + _PATIENCE
    process = psutil.Process(child)
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        used = process.cpu_times()
        if used.user + used.system > _LIMIT:
            break
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _main(line: list[str]) -> int:
    import traceback

    try:
        if line[0] == "launch":
            from launch.main import main as launch

            return launch(line[1:])
        from jobs.main import main as job

        return job(line)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    except BaseException:  # noqa: BLE001 - this is what the campaign looks for
        traceback.print_exc()
        return 70
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _judge(name: str, code: int | None, said: str, folder: Path) -> Verdict:
    last = said.strip().splitlines()[-1:] or ["(it said nothing)"]
    if code is None:
        return Verdict(name, "hang", f"more than {_LIMIT} s of the processor, or {_PATIENCE} s")
    if "Traceback (most recent call last)" in said:
        return Verdict(name, "stack trace", last[0])
    if code == 0:
        wrong = "" if name.startswith("launch") else _wrong(folder)
        return Verdict(name, "wrong result", wrong) if wrong else Verdict(name, "ok")
    if code != 2 and not (name.startswith("launch") and code == 1):
        return Verdict(name, f"exit code {code}", last[0])
    if (folder / "out").exists():
        return Verdict(name, "output touched", last[0])
    return Verdict(name, "refused", last[0])


def _wrong(folder: Path) -> str:
    """Hold a result against its own counts, its files' rows, and the rows that were written."""
    import json

    manifest = folder / "out" / "manifest.json"
    if not manifest.exists():
        return "exit code 0, and no result"
    said = json.loads(manifest.read_text())
    rows = said["rows"]
    out = sum(sum(rows[name].values()) for name in ("published", "dropped", "quarantined"))
    if out != rows["read"]:
        return f"rows do not balance: {rows}"
    files = [file["path"] for file in said["files"] if file["split"] in rows["published"]]
    found = sum(_rows_in(folder / "out" / path) for path in files)
    if found != sum(rows["published"].values()):
        return f"the files hold {found} rows: {rows}"
    due = int((folder / ROWS).read_text()) if (folder / ROWS).exists() else rows["read"]
    return "" if due == rows["read"] else f"{due} rows were written: {rows}"


def _rows_in(path: Path) -> int:
    import csv

    import pyarrow.parquet as pq

    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as lines:
            return sum(1 for _ in csv.reader(lines)) - 1
    with path.open("rb") as stream:
        return int(pq.ParquetFile(stream).metadata.num_rows)


def main(argv: Sequence[str] | None = None) -> int:
    """Play the cases; print a table; exit code 1 where one of them ended badly."""
    parser = argparse.ArgumentParser(prog="python -m campaigns.fuzz", description=__doc__)
    parser.add_argument("case", nargs="*", help="such as 'packed 7' (default: all)")
    parser.add_argument("--seed", type=int, default=20, help="(default: %(default)s)")
    parser.add_argument("--cases", type=int, default=900, help="(default: %(default)s)")
    parser.add_argument("--spark-cases", type=int, default=150, help="(default: %(default)s)")
    parser.add_argument("--verbose", action="store_true", help="print how each case ended")
    options = parser.parse_args(argv)
    plain = [kind for kind in KINDS if not kind.startswith(SPARK)]
    names = options.case or [
        *names_of(plain, options.cases),
        *names_of([kind for kind in KINDS if kind not in plain], options.spark_cases),
    ]
    import launch.main  # noqa: F401 - both before the forks

    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        spark = Resident(LOCAL, spark_env(work / "conf"), work / "spark.log")
        (work / "good").mkdir()
        (work / "good" / "t.csv").write_text(_PLAIN)
        good = [
            "prepare-tabular",
            str(work / "good/t.csv"),
            str(work / "good/out"),
            "--target",
            "y",
        ]
        assert _run(good, work / "good") == 0
        verdicts = []
        try:
            for name in names:
                verdicts.append(play(name, options.seed, work, spark))
                if verdicts[-1].is_bad or options.case or options.verbose:
                    end = f"{verdicts[-1].end}: {verdicts[-1].message[:300]}"
                    print(f"{name}: {end}", file=sys.stderr)
        finally:
            spark.close()
    print(table_of(verdicts))
    print(f"seed {options.seed}; repeat: python -m campaigns.fuzz --seed {options.seed} 'KIND N'")
    return int(any(one.is_bad for one in verdicts))


def names_of(kinds: Sequence[str], count: int) -> list[str]:
    """Name so many cases, of each kind in turn."""
    return [f"{kinds[i % len(kinds)]} {i // len(kinds)}" for i in range(count)]


def table_of(verdicts: Sequence[Verdict]) -> str:
    """Lay the verdicts out by kind."""
    head = f"{'input':<22} {'cases':>6} {'ok':>6} {'refused':>8} {'bad':>5}"
    lines = [head, "-" * len(head)]
    for kind in KINDS:
        these = [one for one in verdicts if one.name.rpartition(" ")[0] == kind]
        ends = Counter("bad" if one.is_bad else one.end for one in these)
        lines.append(f"{kind:<22} {len(these):>6} {ends['ok']:>6} {ends['refused']:>8} "
                     f"{ends['bad']:>5}")  # fmt: skip
    crashes = Counter(one.end for one in verdicts if one.is_bad)
    told = ", ".join(f"{count} {end}" for end, count in crashes.items()) or "0 crashes, 0 hangs"
    lines.append(f"{len(verdicts)} cases: {told}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
