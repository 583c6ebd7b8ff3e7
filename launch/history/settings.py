"""What the history server is started with: how to reach S3, its settings, its environment."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from launch.errors import LaunchError
from launch.jars import spark_home

HOST = "127.0.0.1"
_AWS_HOSTS = (".amazonaws.com", ".amazonaws.com.cn")


@dataclass(frozen=True)
class S3Settings:
    """How to reach S3: the keys in use, and the endpoint where it is not Amazon's own."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    region: str | None = None
    endpoint: str | None = None

    @classmethod
    def from_environment(
        cls, *, profile: str | None = None, region: str | None = None
    ) -> S3Settings:
        """Resolve keys, region and endpoint as boto3 does: variables, profile, role."""
        import boto3  # type: ignore[import-untyped,unused-ignore]
        from botocore.exceptions import (  # type: ignore[import-untyped,unused-ignore]
            BotoCoreError,
        )

        try:
            session = boto3.Session(profile_name=profile, region_name=region)
            found = session.get_credentials()
            keys = found.get_frozen_credentials() if found else None
            meta = session.client("s3").meta
        except (BotoCoreError, ValueError) as error:
            raise LaunchError(f"the AWS settings cannot be used: {error}") from error
        if keys is None:
            raise LaunchError(
                "no AWS credentials found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY, or sign in with: aws sso login"
            )
        host = urlsplit(meta.endpoint_url).hostname or ""
        return cls(
            keys.access_key,
            keys.secret_key,
            keys.token,
            session.region_name,
            None if host.endswith(_AWS_HOSTS) else meta.endpoint_url,
        )

    def client(self) -> Any:
        """Make a boto3 client with exactly these settings."""
        import boto3
        from botocore.config import Config  # type: ignore[import-untyped,unused-ignore]

        style = "path" if self.endpoint else "auto"
        return boto3.client(
            "s3",
            region_name=self.region or "us-east-1",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            aws_session_token=self.session_token,
            config=Config(s3={"addressing_style": style}),
        )


def history_settings(location: str, *, port: int, s3: S3Settings | None = None) -> dict[str, str]:
    """Give the server's settings; nothing secret is among them.

    An ``s3`` belongs to a location that the server reads by itself, through S3A.
    """
    place = location.replace("s3://", "s3a://", 1) if s3 else f"file://{location}"
    settings = {
        "spark.history.fs.logDirectory": place,
        "spark.history.ui.port": str(port),
        # A port that was taken in between must not move the server away from the URL we name.
        "spark.port.maxRetries": "0",
    }
    if s3 is None:
        return settings
    settings["spark.hadoop.fs.s3a.aws.credentials.provider"] = (
        "com.amazonaws.auth.EnvironmentVariableCredentialsProvider"
    )
    if s3.region:
        settings["spark.hadoop.fs.s3a.endpoint.region"] = s3.region
    if s3.endpoint:
        tls = not s3.endpoint.startswith("http://")
        settings["spark.hadoop.fs.s3a.endpoint"] = s3.endpoint
        settings["spark.hadoop.fs.s3a.path.style.access"] = "true"
        settings["spark.hadoop.fs.s3a.connection.ssl.enabled"] = str(tls).lower()
    return settings


def history_environment(
    base: Mapping[str, str], *, s3: S3Settings | None = None, jars: Sequence[Path] = ()
) -> dict[str, str]:
    """Give the server's environment: loopback only, and the keys, which would show in ``ps``."""
    env = {name: value for name, value in base.items() if name != "SPARK_DAEMON_CLASSPATH"}
    env |= {"SPARK_LOCAL_IP": HOST, "SPARK_HOME": str(spark_home())}
    if jars:
        env["SPARK_DAEMON_CLASSPATH"] = os.pathsep.join(str(jar) for jar in jars)
    if s3:
        # A token left over from other keys would make these invalid.
        env.pop("AWS_SESSION_TOKEN", None)
        env |= {"AWS_ACCESS_KEY_ID": s3.access_key, "AWS_SECRET_ACCESS_KEY": s3.secret_key}
        env |= {"AWS_SESSION_TOKEN": s3.session_token} if s3.session_token else {}
    return env
