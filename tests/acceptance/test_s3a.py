"""Publish to S3 through S3A: of two runs at once one publishes, by a conditional PUT."""

from __future__ import annotations

from pathlib import Path

import pytest
import s3_bucket
from aws_fixture import FakeAws
from one_spark import Run
from s3_bucket import Bucket, prepare

aws, folder, run = s3_bucket.aws, s3_bucket.folder, s3_bucket.run


@pytest.mark.parametrize("earlier", [False, True])
def test_of_two_runs_one_publishes(aws: FakeAws, run: Run, folder: Path, earlier: bool) -> None:
    bucket = Bucket(aws, f"race-{earlier}")
    if earlier:
        assert run(prepare(folder / "one.csv", bucket)).code == 0
    loser, winner = (prepare(folder / f"{name}.csv", bucket) for name in ("one", "two"))
    done = run(loser, winner)
    assert done.code == 1, done
    name = bucket.manifest()["run_id"]
    assert f"another run ({name}) published to {bucket.uri}" in done.err
    assert bucket.ids() == list(range(60))
