"""Say why a job ended as it did, from its logs and its event log. Reads only what it is given."""

from __future__ import annotations

from launch.diagnose.diagnose import diagnose
from launch.diagnose.evidence import Diagnosis, Evidence

__all__ = ["Diagnosis", "Evidence", "diagnose"]
