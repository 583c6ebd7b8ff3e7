"""``launch schema``."""

from __future__ import annotations

import click

from launch.commands.common import print_json


@click.command()
def schema_command() -> None:
    """Print the JSON Schema of launch.yaml, by which an editor completes and checks it."""
    from launch.description.model import Project

    schema = Project.model_json_schema()
    print_json({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
