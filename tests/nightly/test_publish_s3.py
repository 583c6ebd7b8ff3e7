"""Publish to S3 through S3A: left-overs of the dead removed, no secret written."""

from __future__ import annotations

import json
from pathlib import Path

import s3_bucket
from aws_fixture import FakeAws
from one_spark import Run
from s3_bucket import BUCKET, DEAD, SECRETS, Bucket, prepare

from jobs.publish.presence import this_process

aws, folder, run = s3_bucket.aws, s3_bucket.folder, s3_bucket.run


def test_publish_again_and_tidy_up(aws: FakeAws, run: Run, folder: Path) -> None:
    bucket = Bucket(aws, "again")
    first = run(prepare(folder / "one.csv", bucket))
    assert first.code == 0, first
    assert bucket.ids() == list(range(40))
    assert json.loads(first.marks[0])["committer"] == "magic"

    # A run that was killed, and one on a machine that nobody here can ask.
    for name, process in (
        (DEAD, {**this_process(), "started": 1}),
        (DEAD.replace("2013", "2014"), {**this_process(), "machine": "another"}),
    ):
        bucket.put(f"_staging-{name}/_alive", json.dumps(process))
        bucket.put(f"_staging-{name}/splits/part-00000.parquet", "half")
        bucket.put(f"train/part-00000-{name}.snappy.parquet", "half")
    shown = run(["clean", bucket.uri, "--dry-run"])
    assert shown.code == 0, shown
    assert f"_staging-{DEAD}/\nwould be removed: 1 files with 4 bytes" in shown.out
    assert "at work: s3://etl-bucket/again/_staging-2014" in shown.out

    second = run(prepare(folder / "two.csv", bucket))
    assert second.code == 0, second
    assert "another run is writing to this output" in second.out
    alive = {name for name in bucket.names() if "20140101" in name}
    assert len(alive) == 3
    assert not [name for name in bucket.names() if DEAD in name]
    for name in alive:
        bucket.client.delete_object(Bucket=BUCKET, Key=f"{bucket.prefix}/{name}")
    assert bucket.ids() == list(range(60))


def test_no_secret_is_written(aws: FakeAws, run: Run, folder: Path) -> None:
    bucket = Bucket(aws, "secret")
    good = run(prepare(folder / "one.csv", bucket))
    bad = run(
        [*prepare(folder / "one.csv", bucket), "--contract", f"{bucket.uri}/none.json", "--debug"]
    )
    assert (good.code, bad.code) == (0, 2)
    events = [path.read_text() for path in (folder / "events").iterdir()]
    assert any("SparkListenerEnvironmentUpdate" in text for text in events)
    objects = [bucket.get(name).decode(errors="replace") for name in bucket.names()]
    for where, secret in SECRETS.items():
        for text in (*events, *objects, *good, *bad):
            assert secret not in str(text), where
