"""A launch.yaml of two targets and a job, and what its second target needs."""

from __future__ import annotations

from typing import Any

GOOD = """\
project: shop
variables: {table: orders}
targets:
  dev:
    region: eu-west-1
    account: 123456789012
    role: arn:aws:iam::${target.account}:role/etl
    bucket: shop-${target.name}
  prod:
    region: eu-west-1
    role: arn:aws:iam::210987654321:role/etl
    bucket: ${env.PROD_BUCKET}
    variables: {table: orders_all}
    jobs:
      nightly: {instance_count: 8, spark: {spark.sql.shuffle.partitions: 400}}
jobs:
  nightly:
    kind: spark
    arguments: [prepare, "s3://${target.bucket}/${var.table}/", --seed, 7]
    max_runtime: 90m
    spark: {spark.sql.shuffle.partitions: 20, spark.ui.enabled: false}
"""
LIVE: dict[str, Any] = {"target": "prod", "environment": {"PROD_BUCKET": "shop-live"}}
