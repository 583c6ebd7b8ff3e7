"""SageMaker for the AWS stand-in: the emulator plays each job, on the stand-in's S3."""

from __future__ import annotations

from typing import Any

import boto3  # type: ignore[import-untyped,unused-ignore]
from fake_player import PlayContext

from launch.emulate.play import Player
from launch.emulate.store import S3Store


def play(request: dict[str, Any], context: PlayContext) -> tuple[int, str]:
    """Play a request on a cluster of processes; its hosts' lines go to CloudWatch."""
    player = Player(
        request,
        S3Store(boto3.Session(region_name=context.region)),
        context.folder / "work",
        log=context.log,
        note=lambda text: context.log("algo-1", text),
        stopping=context.stopping,
    )
    outcome = player.play()
    return outcome.exit_code, outcome.exit_message
