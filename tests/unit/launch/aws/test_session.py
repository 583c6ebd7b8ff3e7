"""Sessions: by the target's profile; whatever is asked of its bucket names who must own it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from launch.aws.session import client, open_session
from launch.description.model import Target
from launch.errors import LaunchError
from launch.request.plan import Upload
from launch.request.transfer import is_there, upload_file

Sent = Callable[[Any], list[Any]]
HEADER = "x-amz-expected-bucket-owner"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """Answer a session's requests to S3 by an empty 200 and return what was sent."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")

    def listen(session: Any) -> list[Any]:
        requests: list[Any] = []

        def answer(request: Any, **_: Any) -> AWSResponse:
            requests.append(request)
            raw: Any = io.BytesIO()
            raw.stream = lambda: iter((b"",))
            return AWSResponse(request.url, 200, {"Content-Length": "0"}, raw)

        session.events.register("before-send.s3", answer)
        return requests

    return listen


def a_target(**more: Any) -> Target:
    role = "arn:aws:iam::111122223333:role/spark-etl"
    given = {"region": "us-east-1", "role": role, "bucket": "our-bucket", **more}
    return Target.model_validate(given)


def owners(requests: list[Any]) -> list[str | None]:
    found = [request.headers.get(HEADER) for request in requests]
    return [one.decode() if isinstance(one, bytes) else one for one in found]


@pytest.mark.parametrize(
    ("given", "expected"), [({}, "111122223333"), ({"bucket_owner": "4" * 12}, "4" * 12)]
)
def test_uploads_and_looks_name_the_owner(
    sent: Sent, tmp_path: Path, given: dict[str, str], expected: str
) -> None:
    session = open_session(a_target(account="111122223333", **given))
    requests = sent(session)
    s3 = client(session, "s3")
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n")
    upload = Upload("s3://our-bucket/a.csv", path)
    upload_file(s3, upload)
    is_there(s3, upload)
    assert [request.method for request in requests] == ["PUT", "HEAD"]
    assert owners(requests) == [expected] * 2


def test_other_buckets_and_targets_without_an_account(sent: Sent) -> None:
    session = open_session(a_target(account="111122223333"))
    requests = sent(session)
    client(session, "s3").head_object(Bucket="another", Key="a")
    session = open_session(a_target())
    more = sent(session)
    client(session, "s3").head_object(Bucket="our-bucket", Key="a")
    assert owners(requests) == owners(more) == [None]


def test_a_session_is_of_the_targets_profile(no_aws: pytest.MonkeyPatch, tmp_path: Path) -> None:
    keys = tmp_path / "credentials"
    keys.write_text("[team]\naws_access_key_id = AKTEAM\naws_secret_access_key = s\n")
    no_aws.setenv("AWS_SHARED_CREDENTIALS_FILE", str(keys))
    session = open_session(a_target(profile="team"))
    assert (session.region_name, session.get_credentials().access_key) == ("us-east-1", "AKTEAM")
    message = f"there is no AWS profile nobody: profiles stand in .*absent and {keys}"
    with pytest.raises(LaunchError, match=message):
        open_session(a_target(profile="nobody"))
    no_aws.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(LaunchError, match=message):
        open_session(a_target())


def test_sessions_share_what_was_parsed_unless_models_are_ones_own(
    no_aws: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def files() -> Any:
        return open_session(a_target())._session.get_component("data_loader").file_loader

    assert files() is files()
    no_aws.setenv("AWS_DATA_PATH", str(tmp_path))
    assert files() is not files()
