"""Spark's own history server on event logs of a folder or of S3."""

from launch.history.event_logs import EventLogError
from launch.history.server import HistoryError, HistoryServer, serve_history
from launch.history.settings import S3Settings

__all__ = ["EventLogError", "HistoryError", "HistoryServer", "S3Settings", "serve_history"]
