"""Event logs found by name; the server's settings; Spark's history server as a real process."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from launch.errors import LaunchError
from launch.history import HistoryServer
from launch.history.event_logs import EventLogError, application_id, find_event_logs
from launch.history.settings import S3Settings, history_environment, history_settings

KEYS = S3Settings("AKIDUMMY", "hidden-secret", "hidden-token", "eu-west-1", "http://127.0.0.1:5000")


def write_log(folder: Path, application: str, name: str = "prepare") -> Path:
    """Write the few events by which Spark lists a finished application."""
    start = {
        "Event": "SparkListenerApplicationStart",
        "App Name": name,
        "App ID": application,
        "Timestamp": 1763900000000,
        "User": "someone",
    }
    end = {"Event": "SparkListenerApplicationEnd", "Timestamp": 1763900060000}
    version = {"Event": "SparkListenerLogStart", "Spark Version": "3.5.8"}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / application
    # Without blanks, as Spark writes: it looks for the beginning {"Event":"SparkListener….
    lines = (json.dumps(event, separators=(",", ":")) for event in (version, start, end))
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


@pytest.mark.parametrize(
    ("name", "application"),
    [
        ("application_1763900000000_0001", "application_1763900000000_0001"),
        ("application_1763900000000_0001_2", "application_1763900000000_0001"),
        ("application_1763900000000_0001.inprogress", "application_1763900000000_0001"),
        ("app-20251123120000-0000", "app-20251123120000-0000"),
        ("local-1763900000000.zstd", "local-1763900000000"),
        ("eventlog_v2_local-1763900000000", "local-1763900000000"),
        ("spark-0a1b2c", "spark-0a1b2c"),
        ("part-00000.parquet", None),
        ("_SUCCESS", None),
        ("application_1763900000000_0001.crc", None),
    ],
)
def test_application_in_the_name_of_an_event_log(name: str, application: str | None) -> None:
    assert application_id(name) == application


def test_event_logs_of_a_folder(tmp_path: Path) -> None:
    write_log(tmp_path, "local-1")
    write_log(tmp_path, "app-20251123120000-0000")
    (tmp_path / "local-2").touch()
    (tmp_path / "notes.txt").write_text("x")
    found = find_event_logs(tmp_path)
    assert found.names == ("app-20251123120000-0000", "local-1")
    assert found.applications == {"app-20251123120000-0000", "local-1"}


def test_a_folder_without_event_logs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "part-0.parquet").write_text("x")
    with pytest.raises(EventLogError, match=r"holds no event log .* 1 other files") as caught:
        HistoryServer(tmp_path).__enter__()
    assert "spark.eventLog.enabled=true" in str(caught.value)


def test_event_logs_in_sub_folders_are_named(tmp_path: Path) -> None:
    write_log(tmp_path / "job-1" / "events", "local-1")
    with pytest.raises(EventLogError, match="folders below it do: job-1/events; name one of them"):
        find_event_logs(tmp_path)


def test_a_file_or_nothing_in_place_of_a_folder(tmp_path: Path) -> None:
    log = write_log(tmp_path, "local-1")
    with pytest.raises(EventLogError, match=f"give its folder: {tmp_path}"):
        find_event_logs(log)
    with pytest.raises(EventLogError, match="is not a folder of event logs$"):
        find_event_logs(tmp_path / "absent")


def test_settings_of_a_folder_hold_nothing_of_s3() -> None:
    assert history_settings("/tmp/my events", port=18080) == {
        "spark.history.fs.logDirectory": "file:///tmp/my events",
        "spark.history.ui.port": "18080",
        "spark.port.maxRetries": "0",
    }


def test_settings_of_an_endpoint_of_ones_own_hold_no_key() -> None:
    settings = history_settings("s3://bucket/events/", port=1, s3=KEYS)
    assert settings["spark.history.fs.logDirectory"] == "s3a://bucket/events/"
    s3a = {key[len("spark.hadoop.fs.s3a.") :]: value for key, value in settings.items()}
    assert s3a["endpoint"] == "http://127.0.0.1:5000"
    assert s3a["endpoint.region"] == "eu-west-1"
    assert s3a["path.style.access"] == "true"
    assert s3a["connection.ssl.enabled"] == "false"
    assert s3a["aws.credentials.provider"].endswith(".EnvironmentVariableCredentialsProvider")
    assert not {"AKIDUMMY", "hidden-secret", "hidden-token"} & set(settings.values())


def test_settings_of_amazon_name_no_endpoint() -> None:
    settings = history_settings("s3://b/", port=1, s3=S3Settings("a", "b", region="eu-west-1"))
    assert "spark.hadoop.fs.s3a.endpoint" not in settings
    assert "spark.hadoop.fs.s3a.path.style.access" not in settings


def test_keys_go_by_environment_and_stay_out_of_texts() -> None:
    env = history_environment({"PATH": "/bin"}, s3=KEYS, jars=[Path("/j/a.jar"), Path("/j/b.jar")])
    assert env["AWS_ACCESS_KEY_ID"] == "AKIDUMMY"
    assert env["AWS_SECRET_ACCESS_KEY"] == "hidden-secret"
    assert env["AWS_SESSION_TOKEN"] == "hidden-token"
    assert env["SPARK_DAEMON_CLASSPATH"] == f"/j/a.jar{os.pathsep}/j/b.jar"
    assert env["SPARK_LOCAL_IP"] == "127.0.0.1"
    assert "hidden" not in repr(KEYS)


def test_a_token_of_other_keys_is_not_handed_on() -> None:
    env = history_environment({"AWS_SESSION_TOKEN": "old"}, s3=S3Settings("a", "b"))
    assert "AWS_SESSION_TOKEN" not in env


@pytest.mark.parametrize(
    ("variables", "endpoint"),
    [
        ({}, None),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
        (
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_S3": "https://s3.local"},
            "https://s3.local",
        ),
    ],
)
def test_s3_settings_of_the_environment(
    no_aws: pytest.MonkeyPatch, variables: dict[str, str], endpoint: str | None
) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}
    for name, value in {**keys, "AWS_DEFAULT_REGION": "eu-west-1", **variables}.items():
        no_aws.setenv(name, value)
    found = S3Settings.from_environment()
    assert found == S3Settings("k", "s", "t", "eu-west-1", endpoint)


@pytest.mark.usefixtures("no_aws")
def test_no_credentials_are_said() -> None:
    with pytest.raises(LaunchError, match="no AWS credentials found: set AWS_PROFILE"):
        S3Settings.from_environment()


def test_an_unknown_profile_is_said(no_aws: pytest.MonkeyPatch) -> None:
    no_aws.setenv("AWS_PROFILE", "absent")
    with pytest.raises(LaunchError, match=r"cannot be used: .*absent"):
        S3Settings.from_environment()
