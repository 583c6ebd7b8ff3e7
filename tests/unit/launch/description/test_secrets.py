"""What looks like a key, and what only sounds like one."""

from __future__ import annotations

import pytest

from launch.description.secrets import secret_in, secrets_in


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("AKIAABCDEFGHIJKLMNOP", "an AWS access key"),
        ("--key=ASIAABCDEFGHIJKLMNOP", "an AWS access key"),
        ("-----BEGIN PRIVATE KEY-----", "a private key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "a private key"),
        ("ghp_" + "a" * 20, "a GitHub token"),
        ("github_pat_" + "a" * 20, "a GitHub token"),
        ("glpat-abcdefghijklmnopqrst", "a GitLab token"),
        ("hf_" + "a" * 34, "a Hugging Face token"),
        ("xoxb-1234567890-abc", "a Slack token"),
        ("xoxp-1234567890-abc", "a Slack token"),
        ("AIza" + "a" * 35, "a Google key"),
        ("sk-" + "a1" * 20, "an API key"),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.sig", "a signed token (JWT)"),
        ("Bearer abcdefghijklmnopqrst", "a bearer token"),
        ("https://b.s3.amazonaws.com/k?X-Amz-Signature=abc", "a signed address"),
        ("redis://:hunter22@host:6379", "a password in an address"),
        ("jdbc:postgresql://me:hunter2@db/x", "a password in an address"),
        ("password=hunter22", "a secret, by the name password"),
        ("-Xmx1g -Daws.secretKey=hunter22", "a secret, by the name aws.secretKey"),
        ("--conf=spark.hadoop.fs.s3a.secret.key=hunter22",
         "a secret, by the name spark.hadoop.fs.s3a.secret.key"),
        ("jdbc:postgresql://db/x?user=me&password=hunter22", "a secret, by the name password"),
    ],
)  # fmt: skip
def test_a_secret_is_known_by_its_form(value: str, kind: str) -> None:
    assert secret_in(value, name="H") == kind


@pytest.mark.parametrize(
    "name",
    [
        "PGPASSWORD", "DB_PASS", "MYSQL_PWD", "DB_PASSWORD_PROD", "dbPassword", "SSH_PASSPHRASE",
        "ENCRYPTION_KEY", "STORAGE_ACCOUNT_KEY", "accountKey", "api-key", "PRIVATE_KEY_ID",
        "fs.s3a.secret.key", "SecretAccessKey", "SLACK_TOKEN", "app.credentials",
    ],
)  # fmt: skip
def test_a_secret_is_known_by_its_name(name: str) -> None:
    assert secret_in("hunter22", name=name) == f"a secret, by the name {name}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_TOKEN", "512"),
        ("USE_TOKEN", "true"),
        ("sep-token", ","),
        ("MASK_TOKEN", "[MASK]"),
        ("TOKENIZER", "word-piece"),
        ("DB_SECRET", "secretsmanager:prod/db"),
        ("DB_SECRET", "ssm:/prod/db"),
        ("DB_SECRET", "s3://bucket/secret"),
        ("DB_SECRET", "{{resolve:secretsmanager:prod}}"),
        ("DB_SECRET", "arn:aws:secretsmanager:eu-west-1:1:secret:x"),
        ("KEY_COLUMNS", "customer,order"),
        ("PARTITION_KEY", "customer"),
        ("", "--key=customer"),
        ("", "s3://bucket/passwords/list.csv"),
        ("", "xoxo-with-love"),
        ("COMPASS", "north-east"),
    ],
)
def test_what_only_sounds_like_a_secret_is_none(name: str, value: str) -> None:
    assert secret_in(value, name=name) is None


def test_secrets_are_found_in_data_of_any_depth() -> None:
    job = {
        "arguments": ["prepare", "--api-key", "hunter22"],
        "configuration": [
            {"Classification": "core-site", "Properties": {"fs.s3a.secret.key": "hunter22"}}
        ],
        "tags": {"owner": "AKIAABCDEFGHIJKLMNOP"},
        "instance_count": None,
    }
    assert [place for place, _ in secrets_in(job, ("jobs",))] == [
        ("jobs", "arguments", 2),
        ("jobs", "configuration", 0, "Properties", "fs.s3a.secret.key"),
        ("jobs", "tags", "owner"),
    ]
