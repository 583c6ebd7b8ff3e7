"""What looks like a key, and what only sounds like one."""

from __future__ import annotations

import pytest

from launch.description.secrets import secret_in, secrets_in


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PGPASSWORD", "hunter22"),
        ("DB_PASS", "hunter22"),
        ("MYSQL_PWD", "hunter22"),
        ("ENCRYPTION_KEY", "hunter22"),
        ("DB_PASSWORD_PROD", "hunter22"),
        ("dbPassword", "hunter22"),
        ("fs.s3a.secret.key", "hunter22"),
        ("", "password=hunter22"),
        ("spark.driver.extraJavaOptions", "-Xmx1g -Daws.secretKey=hunter22"),
        ("", "--conf=spark.hadoop.fs.s3a.secret.key=hunter22"),
        ("", "jdbc:postgresql://db/x?user=me&password=hunter22"),
        ("URL", "redis://:hunter22@host:6379"),
        ("H", "Bearer abcdefghijklmnopqrst"),
        ("H", "glpat-abcdefghijklmnopqrst"),
        ("H", "hf_" + "a" * 34),
        ("H", "sk-" + "a1" * 20),
        ("U", "https://b.s3.amazonaws.com/k?X-Amz-Signature=abc"),
    ],
)
def test_looks_like_a_secret(name: str, value: str) -> None:
    assert secret_in(value, name=name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_TOKEN", "512"),
        ("USE_TOKEN", "true"),
        ("sep-token", ","),
        ("MASK_TOKEN", "[MASK]"),
        ("TOKENIZER", "word-piece"),
        ("DB_SECRET", "secretsmanager:prod/db"),
        ("DB_SECRET", "arn:aws:secretsmanager:eu-west-1:1:secret:x"),
        ("KEY_COLUMNS", "customer,order"),
        ("PARTITION_KEY", "customer"),
        ("", "--key=customer"),
        ("", "s3://bucket/passwords/list.csv"),
        ("COMPASS", "north-east"),
    ],
)
def test_only_sounds_like_one(name: str, value: str) -> None:
    assert secret_in(value, name=name) is None


def test_data_of_any_depth() -> None:
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
