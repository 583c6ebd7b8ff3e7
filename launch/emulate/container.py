"""What the Spark image does with a request's entrypoint: the spark-submit command and settings.

Written after the behaviour of ``smspark-submit``; docs/emulator.md lists where the two differ.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from launch.emulate.opt_ml import Host
from launch.errors import LaunchError

_PLAYED = ("spark-defaults", "core-site", "hdfs-site", "spark-env", "hadoop-env", "spark-log4j")


@dataclass(frozen=True)
class Submit:
    """A request's entrypoint, taken apart. Paths are the container's."""

    options: tuple[tuple[str, str], ...]
    event_logs: str | None
    app: str
    arguments: tuple[str, ...]


def parse_entrypoint(request: Mapping[str, Any]) -> Submit:
    """Read entrypoint and arguments as smspark-submit does; LaunchError as it would refuse."""
    image = request["AppSpecification"]
    words = [*image.get("ContainerEntrypoint", ()), *image.get("ContainerArguments", ())]
    if not words or words[0] != "smspark-submit":
        shown = words[0] if words else "nothing"
        raise LaunchError(f"the entrypoint starts {shown}; only smspark-submit is played here")
    try:
        context = _smspark_submit.make_context("smspark-submit", list(words[1:]))
    except click.ClickException as error:
        raise LaunchError(f"smspark-submit: {error.format_message()}") from error
    given = context.params
    names = {"class_": "--class", "jars": "--jars", "py_files": "--py-files", "files": "--files"}
    options = tuple((name, given[key]) for key, name in names.items() if given[key])
    if given["verbose"]:
        options = (*options, ("--verbose", ""))
    return Submit(
        options, given["local_spark_event_logs_dir"], given["app"], given["app_arguments"]
    )


@click.command(context_settings={"allow_interspersed_args": False}, add_help_option=False)
@click.option("--class", "class_")
@click.option("--jars")
@click.option("--py-files")
@click.option("--files")
@click.option("--spark-event-logs-s3-uri")
@click.option("--local-spark-event-logs-dir")
@click.option("-v", "--verbose", is_flag=True)
@click.argument("app")
@click.argument("app_arguments", nargs=-1, type=click.UNPROCESSED)
def _smspark_submit(**_: Any) -> None:
    """Take the options that the image's command has, and no others."""


def list_files(value: str, host: Host) -> str:
    """Replace each folder of a comma-separated list by its files, as the image does.

    The image asks only the list as a whole for its scheme, so a local folder beside an ``s3://``
    address stays a folder, and Spark cannot use it. Here that is refused.
    """
    parts = value.split(",")
    remote = [part for part in parts if "://" in part and not part.startswith("file:")]
    if remote and len(remote) < len(parts):
        raise LaunchError(f"{value}: s3:// and local entries in one list; the image fails on it")
    files: list[str] = []
    for part in parts:
        if part in remote:
            files.append(part)
            continue
        path = host.path(part.removeprefix("file://"))
        found = sorted(p for p in path.iterdir() if p.is_file()) if path.is_dir() else [path]
        if not found or not path.exists():
            raise LaunchError(f"{part}: no files there on {host.name}")
        files += [str(file) for file in found]
    return ",".join(files)


@dataclass
class Settings:
    """What configuration.json asks for, as far as it is played here."""

    spark: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    log4j: dict[str, str] = field(default_factory=dict)


def read_configuration(host: Host, note: Callable[[str], None]) -> Settings:
    """Read configuration.json; it is applied last on the image, so it wins here too."""
    settings = Settings()
    path = host.opt_ml / "processing" / "input" / "conf" / "configuration.json"
    if not path.is_file():
        return settings
    data = json.loads(path.read_text(encoding="utf-8"))
    for part in data if isinstance(data, list) else [data]:
        kind = part["Classification"]
        values = {str(k): host.rewrite(str(v)) for k, v in part.get("Properties", {}).items()}
        if kind == "spark-defaults":
            settings.spark.update(values)
        elif kind in ("core-site", "hdfs-site"):
            settings.spark.update({f"spark.hadoop.{k}": v for k, v in values.items()})
        elif kind == "spark-log4j":
            settings.log4j.update(values)
        elif kind in ("spark-env", "hadoop-env"):
            for inner in part.get("Configurations", ()):
                exported = inner.get("Properties", {}).items()
                settings.environment.update({k: host.rewrite(str(v)) for k, v in exported})
        else:
            note(f"configuration {kind} is not played here (played: {', '.join(_PLAYED)})")
    return settings


def write_conf_dir(folder: Path, spark: Mapping[str, str], log4j: Mapping[str, str]) -> Path:
    """Write spark-defaults.conf, and log4j's file where it was set; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{key} {value}\n" for key, value in spark.items()]
    (folder / "spark-defaults.conf").write_text("".join(lines), encoding="utf-8")
    if log4j:
        lines = [f"{key}={value}\n" for key, value in log4j.items()]
        (folder / "log4j2.properties").write_text("".join(lines), encoding="utf-8")
    return folder


def submit_command(submit: Submit, host: Host, *, spark_submit: Path, master: str) -> list[str]:
    """Return the command that the image would run, with paths of this machine."""
    command = [str(spark_submit), "--master", master, "--deploy-mode", "client"]
    for name, value in submit.options:
        command += [name] if name == "--verbose" else [name, _option_value(name, value, host)]
    return [*command, str(host.path(submit.app)), *(host.rewrite(a) for a in submit.arguments)]


def _option_value(name: str, value: str, host: Host) -> str:
    return value if name == "--class" else list_files(value, host)
