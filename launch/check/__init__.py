"""Say what is wrong with a job before anything is sent.

``check_job`` reads launch.yaml alone, ``check_request`` the request that would be sent, and
``check_account`` asks the account, where credentials allow it.
"""

from __future__ import annotations

from launch.check.account import check_account
from launch.check.finding import Finding
from launch.check.job import check_job
from launch.check.request import check_request

__all__ = ["Finding", "check_account", "check_job", "check_request"]
