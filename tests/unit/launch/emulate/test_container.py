"""What the image makes of an entrypoint and of configuration.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from launch.emulate.container import (
    list_files,
    parse_entrypoint,
    read_configuration,
    submit_command,
    write_conf_dir,
)
from launch.emulate.entrypoint import image_message
from launch.emulate.opt_ml import Host
from launch.errors import LaunchError

INPUT = "/opt/ml/processing/input"


def request(*words: str, arguments: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "AppSpecification": {
            "ContainerEntrypoint": list(words),
            "ContainerArguments": list(arguments),
        }
    }


@pytest.fixture
def host(tmp_path: Path) -> Host:
    made = Host("algo-1", tmp_path)
    for name in ("py-files/bundle.zip", "jars/b.jar", "jars/a.jar", "code/main.py"):
        path = made.path(f"{INPUT}/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return made


def test_the_command_is_spark_submits_with_files_for_folders(host: Host) -> None:
    submit = parse_entrypoint(
        request(
            *("smspark-submit", "--py-files", f"{INPUT}/py-files", "--jars", f"{INPUT}/jars"),
            *("--local-spark-event-logs-dir", "/opt/ml/processing/spark-events/"),
            f"{INPUT}/code/main.py",
            arguments=("prepare", "s3://b/raw/", "--jars", f"file://{INPUT}/x"),
        )
    )
    assert submit.event_logs == "/opt/ml/processing/spark-events/"
    command = submit_command(submit, host, spark_submit=Path("spark-submit"), master="spark://m")
    base = f"{host.root}{INPUT}"
    assert command == [
        *("spark-submit", "--master", "spark://m", "--deploy-mode", "client"),
        *("--jars", f"{base}/jars/a.jar,{base}/jars/b.jar"),
        *("--py-files", f"{base}/py-files/bundle.zip"),
        *(f"{base}/code/main.py", "prepare", "s3://b/raw/"),
        # After the app, options are the job's.
        *("--jars", f"file://{base}/x"),
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("smspark-submit", "--conf", "a=b", "x.py"), "No such option.*--conf"),
        (("smspark-submit", "--packages", "a:b:c", "x.py"), "No such option"),
        (("smspark-submit",), "Missing argument"),
        (("python3", "x.py"), "only smspark-submit"),
        ((), "only smspark-submit"),
    ],
)
def test_what_the_image_refuses(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(LaunchError, match=message):
        parse_entrypoint(request(*words))


def test_s3_and_local_in_one_list_is_refused(host: Host) -> None:
    assert list_files("s3://b/a.jar,s3://b/b.jar", host) == "s3://b/a.jar,s3://b/b.jar"
    with pytest.raises(LaunchError, match="in one list"):
        list_files(f"s3://b/a.jar,{INPUT}/jars", host)


def test_a_folder_without_files_is_refused(host: Host) -> None:
    host.path(f"{INPUT}/empty").mkdir()
    for path in ("empty", "none"):
        with pytest.raises(LaunchError, match="no files there on algo-1"):
            list_files(f"{INPUT}/{path}", host)


def test_configuration_is_read_by_classification(host: Host) -> None:
    conf = [
        {"Classification": "spark-defaults", "Properties": {"spark.a": "file:///opt/ml/x"}},
        {"Classification": "core-site", "Properties": {"fs.b": "1"}},
        {"Classification": "spark-env", "Configurations": [
            {"Classification": "export", "Properties": {"C": "2"}}]},
        {"Classification": "spark-log4j", "Properties": {"rootLogger.level": "warn"}},
        {"Classification": "hive-site", "Properties": {"d": "3"}},
    ]  # fmt: skip
    path = host.path(f"{INPUT}/conf/configuration.json")
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(conf))
    notes: list[str] = []
    settings = read_configuration(host, notes.append)
    assert settings.spark == {
        "spark.a": f"file://{host.root}/opt/ml/x",
        "spark.hadoop.fs.b": "1",
    }
    assert settings.environment == {"C": "2"}
    assert settings.log4j == {"rootLogger.level": "warn"}
    assert notes == [
        "configuration hive-site is not played here (played: spark-defaults, core-site, "
        "hdfs-site, spark-env, hadoop-env, spark-log4j)"
    ]
    folder = write_conf_dir(host.root / "conf", settings.spark, settings.log4j)
    assert (folder / "spark-defaults.conf").read_text().splitlines()[1] == "spark.hadoop.fs.b 1"
    assert (folder / "log4j2.properties").read_text() == "rootLogger.level=warn\n"


def test_without_configuration_there_are_no_settings(host: Host) -> None:
    assert read_configuration(host, print).spark == {}


def test_the_images_message_never_tells_the_cause() -> None:
    message = image_message(["spark-submit", "main.py"], 2)
    assert message.endswith("Command 'spark-submit main.py' returned non-zero exit status 2.")
    assert "died with signal 9" in image_message(["x"], -9)
    assert len(image_message(["x" * 5000], 1)) == 1024
