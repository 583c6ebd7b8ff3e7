"""Copy files to S3: always, or only where they are not there yet."""

from __future__ import annotations

from typing import Any

from launch.errors import AwsError, LaunchError
from launch.request.plan import Upload


def split_uri(uri: str) -> tuple[str, str]:
    """Split ``s3://bucket/key`` into bucket and key; the key may be empty."""
    scheme, _, rest = uri.partition("://")
    if scheme not in ("s3", "s3a") or not rest:
        raise LaunchError(f"{uri!r} is no S3 address; write s3://BUCKET/KEY")
    bucket, _, key = rest.partition("/")
    return bucket, key


def upload_file(s3: Any, upload: Upload, *, kms_key: str | None = None) -> None:
    """Copy one file, encrypted by the target's key where it has one."""
    from boto3.exceptions import S3UploadFailedError
    from botocore.exceptions import ClientError

    bucket, key = split_uri(upload.s3_uri)
    extra = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else None
    try:
        s3.upload_file(str(upload.local_path), bucket, key, ExtraArgs=extra)
    except (ClientError, S3UploadFailedError) as error:
        raise AwsError(f"cannot write {upload.s3_uri}: {error}") from error


def is_there(s3: Any, upload: Upload) -> bool:
    """Tell whether S3 has an object of this name and size."""
    from botocore.exceptions import ClientError

    bucket, key = split_uri(upload.s3_uri)
    try:
        head = s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in ("404", "NoSuchKey", "NotFound"):
            return False
        raise AwsError(f"cannot look at {upload.s3_uri}: {error}") from error
    return bool(head["ContentLength"] == upload.local_path.stat().st_size)
