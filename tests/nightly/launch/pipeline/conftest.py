"""A small pipeline, and its description."""

from pipeline_fixtures import describe  # noqa: F401
