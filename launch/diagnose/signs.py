"""What Spark, YARN, S3 and Python write when something known went wrong, and what it means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from launch.diagnose.evidence import Clue, shorten

_MORE_MEMORY = "choose an instance_type with more memory in launch.yaml"
_FEWER_TASKS = "or set spark.executor.cores lower, so that fewer tasks share an executor's memory"
_HEADROOM = "raise spark.executor.memoryOverhead, and lower spark.executor.memory by as much"
_POLICY = "allow the job's role to read and write the bucket (s3:ListBucket, GetObject, PutObject)"


@dataclass(frozen=True)
class Sign:
    """A text that gives a cause away. ``cause`` may name the pattern's groups, and {who}."""

    kind: str
    pattern: str
    cause: str
    advice: tuple[str, ...]
    driver_advice: tuple[str, ...] = ()


# In order of precedence: what comes first explains what comes later. A full disk or memory kills
# an executor; a killed executor loses its shuffle files; lost files fail a stage; a failed stage
# is an exception in the driver; and that is the exit code which the service reports.
SIGNS = (
    Sign(
        "disk_full",
        r"No space left on device|Could not find any valid local directory",
        "a disk of the cluster is full",
        (
            "raise volume_size_gb in launch.yaml",
            "or raise instance_count: shuffle data is spread over the hosts",
        ),
    ),
    Sign(
        "out_of_memory",
        r"(?:exceeding|running beyond) (?:physical |virtual )?memory limits"
        r"(?:\.\s*(?:Current usage: )?(?P<used>[\d.]+ ?\w+ of [\d.]+ ?\w+))?",
        "YARN killed {who}: it used more memory than it may ({used})",
        (_HEADROOM, _MORE_MEMORY),
    ),
    Sign(
        "out_of_memory",
        r"Total size of serialized results of \d+ tasks \((?P<size>[^)]*)\) is bigger than"
        r" (?:spark\.driver\.maxResultSize|local maxResultSize)",
        "the driver was sent more results than it may hold ({size})",
        (
            "do not collect() or toPandas() large tables: write them, or take a part",
            "or raise spark.driver.maxResultSize",
        ),
    ),
    Sign(
        "out_of_memory",
        r"(?:java\.lang\.)?OutOfMemoryError(?:: | \()(?P<what>[\w ]*\w)|(?P<gc>GC overhead limit)"
        r"|SparkOutOfMemoryError|UNABLE_TO_ACQUIRE_MEMORY|OutOfMemoryError",
        "{who} ran out of memory ({what}{gc})",
        (_MORE_MEMORY, _FEWER_TASKS, "or more, smaller tasks: raise spark.sql.shuffle.partitions"),
        (_MORE_MEMORY, "do not collect() or toPandas() large tables on the driver"),
    ),
    Sign(
        "out_of_memory",
        r"(?:exited with code|[Ee]xit status:|[Ee]xit code:?) 52\b",
        "{who} ran out of Java memory (exit code 52)",
        (_MORE_MEMORY, _FEWER_TASKS, "or more, smaller tasks: raise spark.sql.shuffle.partitions"),
    ),
    Sign(
        "out_of_memory",
        r"^(?:\S+\.)?_?(?:Array)?MemoryError\b|Cannot allocate memory"
        r"|Out of memory: Killed process",
        "Python ran out of memory in {who}",
        (_HEADROOM, _MORE_MEMORY),
    ),
    Sign(
        "access_denied",
        r"NoAuthWithAWS|No AWS Credentials|Unable to (?:load|locate) (?:AWS )?credentials",
        "the job found no AWS credentials",
        (
            "set network_isolation: false: Spark cannot reach its credentials with it",
            "check the role of the target in launch.yaml",
        ),
    ),
    Sign(
        "access_denied",
        r"not authorized to perform: kms:\w+|KMS\.?(?:AccessDenied|\w*Exception)",
        "the job may not use the KMS key",
        ("allow the job's role kms:Decrypt and kms:GenerateDataKey on the key (kms_key)",),
    ),
    Sign(
        "access_denied",
        r"AccessDenied(?:Exception)?: (?P<path>s3[an]?://[^\s:]+)|not authorized to perform:"
        r" (?P<action>[\w:*]+)|AccessDenied\b|Access Denied|Status Code: 403|\b403 Forbidden",
        "access was denied {path}{action}",
        (_POLICY, "check the bucket's name and its own policy", "check the KMS key's policy"),
    ),
    Sign(
        "bad_path",
        r"Bucket (?P<bucket>[\w.-]+) does not exist|s3[an]?://(?P<other>[\w.-]+)\S*: Bucket does"
        r" not exist|NoSuchBucket",
        "the bucket {bucket}{other} does not exist",
        ("check the bucket's name in launch.yaml, and the region of the target",),
    ),
    Sign(
        "missing_jar",
        r"Class org\.apache\.hadoop\.fs\.s3a?\.\S+ not found|No FileSystem for scheme \W?s3",
        "Spark has no S3 file system: the hadoop-aws jar is missing",
        ("add org.apache.hadoop:hadoop-aws:3.3.4 to jars in launch.yaml",),
    ),
    Sign(
        "missing_jar",
        r"(?:[Ff]ailed to find (?:the )?data source: |ClassNotFoundException: )"
        r"(?:delta\b|io\.delta|org\.apache\.spark\.sql\.delta)|Delta needs its jars",
        "Delta's jars are missing",
        ("add io.delta:delta-spark_2.12:3.3.3 to jars in launch.yaml",),
    ),
    Sign(
        "bad_path",
        r"(?:hdfs://[^/\s]*|does not exist: |no file or directory |there is no file )"
        r"(?P<path>/opt/ml/processing/[^\s'\"]*[^\s'\".:;,])",
        "{path} was looked up in HDFS, where it is not",
        (
            "write file:///opt/ml/processing/… for an input that lies on the hosts",
            "write s3://… for outputs: files that executors write are spread over the hosts",
        ),
    ),
    Sign(
        "bad_path",
        r"(?:[Pp]ath does not exist|No such file or directory): '?(?P<path>[^\s',;]*[^\s',;.])"
        r"|FileNotFoundException: (?:File )?(?!.*(?:shuffle_|blockmgr-))"
        r"(?P<file>[^\s',;]*/[^\s',;]*[^\s',;.])|NoSuchKey|Status Code: 404",
        "there is no file or folder {path}{file}",
        ("check the path in the job's arguments or inputs in launch.yaml",),
    ),
    Sign(
        "missing_module",
        r"No module named '?(?P<module>[\w.]+)|ImportError: (?P<what>.+)",
        "the Python module {module} is not on the cluster{what}",
        (
            "jobs/, transforms/ and schemas/ are sent; anything else must be in the image",
            "or name an image of your own with image_uri",
        ),
    ),
    Sign(
        "missing_column",
        r"UNRESOLVED_COLUMN\S*\].*?name `(?P<column>.+?)` cannot be resolved"
        r"(?:\. Did you mean one of the following\? \[(?P<known>[^\]]*)\])?",
        "there is no column {column}; columns: {known}",
        ("check the column's name in the arguments against the input's header",),
    ),
    Sign(
        "executor_lost",
        r"(?:exited with code|[Ee]xit status:|[Ee]xit code(?: is)?:?) 137\b"
        r"|Killed by external signal",
        "{who} was killed from outside (exit code 137), most often because memory ran out",
        (_MORE_MEMORY, _HEADROOM),
    ),
    Sign(
        "executor_lost",
        r"(?:exited with code|[Ee]xit status:|[Ee]xit code(?: is)?:?) (?P<code>\d+)",
        "{who} ended before its time (exit code {code})",
        ("read its log with launch logs", _MORE_MEMORY),
    ),
    Sign(
        "executor_lost",
        r"Python worker exited unexpectedly",
        "a Python process of {who} died, most often because memory ran out",
        (_HEADROOM, _MORE_MEMORY),
    ),
    Sign(
        "executor_lost",
        r"heartbeat timed out after (?P<time>[\d.]+ \w+)|Remote RPC client disassociated"
        r"|worker lost|Container from a bad node|Lost executor|ExecutorLostFailure",
        "{who} was lost: it no longer answered",
        ("read its log with launch logs: memory is the most frequent reason", _MORE_MEMORY),
    ),
    Sign(
        "executor_lost",
        r"FetchFailed|MetadataFetchFailed",
        "shuffle data was lost together with the executor that held it",
        (_MORE_MEMORY, "or more, smaller tasks: raise spark.sql.shuffle.partitions"),
    ),
)

_WHO = re.compile(
    r"\((?P<host>[\w.-]+) executor (?P<number>\d+)\)"
    r"|Lost executor (?P<lost>\d+) on (?P<on>[\w.-]+\w)"
    r"|on (?P<at>[\w.-]+), executor (?P<one>\d+)|remove executor (?P<gone>\d+)"
)


@dataclass(frozen=True)
class Match:
    """A sign that was found: where, and what it says of this job."""

    sign: Sign
    clue: Clue
    cause: str
    quote: str

    @property
    def advice(self) -> tuple[str, ...]:
        """Return the advice for the process it happened in."""
        driver = who(self.clue) == "the driver"
        return (driver and self.sign.driver_advice) or self.sign.advice


def find_sign(clues: Iterable[Clue], *, lost: bool) -> Match | None:
    """Return the first sign of the table that any clue shows; of its clues, the first.

    Signs of lost executors count only where one was ``lost``: any program may print an exit code.
    """
    candidates = list(clues)
    for sign in (sign for sign in SIGNS if lost or sign.kind != "executor_lost"):
        pattern = re.compile(sign.pattern, re.MULTILINE)
        for clue in candidates:
            found = pattern.search(clue.text)
            if found:
                return Match(sign, clue, _fill(sign.cause, clue, found), clue.quote(found))
    return None


def _fill(template: str, clue: Clue, found: re.Match[str]) -> str:
    """Write the cause; parts for which the text had nothing are left out."""
    parts = {name: value or "" for name, value in found.groupdict().items()}
    text = template.format(who=who(clue), **parts).replace(" ()", "")
    return shorten(text.removesuffix("; columns: ").replace("`", ""))


def who(clue: Clue) -> str:
    """Name the process that a clue is about."""
    found = _WHO.search(clue.text)
    if found:
        number = found["number"] or found["lost"] or found["one"] or found["gone"]
        host = found["host"] or found["on"] or found["at"]
        return f"executor {number}" + (f" on {host}" if host else "")
    if not clue.executor:
        return "the driver"
    return f"an executor on {clue.host}" if clue.host else "an executor"
