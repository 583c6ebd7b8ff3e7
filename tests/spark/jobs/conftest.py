"""Run a job in this process, and look at what it said."""

from run_command import both, clean_csv, command, prepare, table  # noqa: F401
