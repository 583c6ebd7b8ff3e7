"""What a run did, on one page: read from Spark's event log, measured, judged, shown."""

from launch.report.machine import Known
from launch.report.make import Report, make_report
from launch.report.source import NoEventLogError, find_logs, group

__all__ = ["Known", "NoEventLogError", "Report", "find_logs", "group", "make_report"]
