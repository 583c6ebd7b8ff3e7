"""Event logs written by the test itself."""

from report_fixtures import a_log  # noqa: F401
