"""A small project with schedules."""

from deploy_fixtures import describe  # noqa: F401 - a fixture
