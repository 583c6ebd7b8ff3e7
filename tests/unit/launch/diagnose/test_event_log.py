"""Lines as Spark 3.5 writes them, shortened."""

from __future__ import annotations

import json
from pathlib import Path

from launch.diagnose.event_log import EventFacts, read_event_logs, read_events

# Two executors, both killed by a task; a third was started and dismissed at the end.
KILLED = """\
{"Event":"SparkListenerLogStart","Spark Version":"3.5.9"}
{"Event":"SparkListenerApplicationStart","App Name":"kill.py","App ID":"app-20261123143530-0000","Timestamp":1795444528987,"User":"u"}
{"Event":"SparkListenerJobStart","Job ID":0,"Submission Time":1795444531940,"Stage IDs":[0]}
{"Event":"SparkListenerStageSubmitted","Stage Info":{"Stage ID":0,"Stage Attempt ID":0,"Stage Name":"collect at /job/kill.py:18","Number of Tasks":2}}
{"Event":"SparkListenerExecutorAdded","Timestamp":1795444534843,"Executor ID":"1","Executor Info":{"Host":"127.0.0.1","Total Cores":1}}
{"Event":"SparkListenerExecutorAdded","Timestamp":1795444535111,"Executor ID":"0","Executor Info":{"Host":"127.0.0.1","Total Cores":1}}
{"Event":"SparkListenerTaskEnd","Stage ID":0,"Stage Attempt ID":0,"Task Type":"ResultTask","Task End Reason":{"Reason":"ExecutorLostFailure","Executor ID":"0","Exit Caused By App":true,"Loss Reason":"Command exited with code 137"},"Task Info":{"Task ID":1,"Index":1,"Attempt":0,"Executor ID":"0","Host":"127.0.0.1"}}
{"Event":"SparkListenerExecutorRemoved","Timestamp":1795444537157,"Executor ID":"0","Removed Reason":"Command exited with code 137"}
{"Event":"SparkListenerTaskEnd","Stage ID":0,"Stage Attempt ID":0,"Task Type":"ResultTask","Task End Reason":{"Reason":"Success"},"Task Info":{"Task ID":0,"Index":0,"Attempt":0,"Executor ID":"1","Host":"127.0.0.1"}}
{"Event":"SparkListenerTaskEnd","Stage ID":0,"Stage Attempt ID":0,"Task Type":"ResultTask","Task End Reason":{"Reason":"ExecutorLostFailure","Executor ID":"1","Exit Caused By App":true,"Loss Reason":"Command exited with code 137"},"Task Info":{"Task ID":2,"Index":1,"Attempt":1,"Executor ID":"1","Host":"127.0.0.1"}}
{"Event":"SparkListenerExecutorRemoved","Timestamp":1795444537443,"Executor ID":"1","Removed Reason":"Command exited with code 137"}
{"Event":"SparkListenerStageCompleted","Stage Info":{"Stage ID":0,"Stage Attempt ID":0,"Stage Name":"collect at /job/kill.py:18","Number of Tasks":2,"Failure Reason":"Job aborted due to stage failure: Task 1 in stage 0.0 failed 2 times"}}
{"Event":"SparkListenerJobEnd","Job ID":0,"Completion Time":1795444537454,"Job Result":{"Result":"JobFailed","Exception":{"Message":"Job aborted due to stage failure: Task 1 in stage 0.0 failed 2 times","Stack Trace":[]}}}
{"Event":"SparkListenerExecutorRemoved","Timestamp":1795444537785,"Executor ID":"3","Removed Reason":"Command exited with code 143"}
{"Event":"SparkListenerApplicationEnd","Timestamp":1795444537820}
{"Event":"SparkListenerExecutorRemoved","Timestamp":1795444537843,"Executor ID":"2","Removed Reason":"Command exited with code 143"}
"""  # noqa: E501


def read(text: str) -> EventFacts:
    return read_events(text.splitlines())


def test_a_killed_application() -> None:
    facts = read(KILLED)
    assert [(loss.executor, loss.host, loss.reason) for loss in facts.losses] == [
        ("0", "127.0.0.1", "Command exited with code 137"),
        ("1", "127.0.0.1", "Command exited with code 137"),
    ]
    assert (facts.failed_tasks, facts.done_tasks, facts.jobs, facts.ended) == (2, 1, 1, True)
    assert facts.failed_stage is not None
    assert facts.failed_stage.title == "stage 0 (collect at job/kill.py:18)"
    assert facts.job_failure is not None
    assert not facts.starved


def test_a_log_that_was_cut_off_in_its_last_line_says_what_was_going_on() -> None:
    lines = KILLED.splitlines()[:9]
    facts = read("\n".join([*lines, lines[8][:100]]))
    assert facts.progress == "stage 0 (collect at job/kill.py:18): 1 of 2 tasks done"
    assert not facts.ended


def test_what_is_cancelled_at_shutdown_was_running() -> None:
    """A stopped driver cancels its stages and fails its jobs, after the application's end."""
    lines = [line for line in KILLED.splitlines() if "Reason" not in line and "JobEnd" not in line]
    done = (
        '{"Event":"SparkListenerStageCompleted","Stage Info":{"Stage ID":0,"Stage Attempt ID":0}}'
    )
    end = (
        '{"Event":"SparkListenerJobEnd","Job ID":0,"Job Result":{"Result":"JobFailed","Exception":'
        '{"Message":"Job 0 cancelled because SparkContext was shut down"}}}'
    )
    facts = read("\n".join([*lines, done, end]))
    assert facts.progress == "stage 0 (collect at job/kill.py:18): 0 of 2 tasks done"
    assert facts.job_failure is None


def test_a_failed_job_is_forgotten_when_a_later_one_goes_well() -> None:
    end = '{"Event":"SparkListenerJobEnd","Job ID":1,"Job Result":{"Result":"JobSucceeded"}}'
    lines = KILLED.splitlines()[:13]
    assert read("\n".join(lines)).job_failure is not None
    assert read("\n".join([*lines, end])).job_failure is None


def test_no_executor_ever() -> None:
    facts = read("\n".join(KILLED.splitlines()[:4]))
    assert facts.starved
    assert facts.progress == "stage 0 (collect at job/kill.py:18): 0 of 2 tasks done"


def test_an_executor_is_lost_when_work_goes_on_without_it() -> None:
    lines = KILLED.splitlines()
    facts = read("\n".join([*lines[:9], lines[-2]]))
    assert facts.ended
    assert [loss.executor for loss in facts.losses] == ["0"]


def test_an_executor_is_lost_when_the_log_breaks_off_in_the_middle_of_the_work() -> None:
    assert [loss.executor for loss in read("\n".join(KILLED.splitlines()[:8])).losses] == ["0"]


def test_executors_that_were_dismissed_are_not_lost() -> None:
    idle = KILLED.replace("Command exited with code 137", "Executor killed by driver.")
    assert read(idle).losses == []


def test_a_task_whose_twin_was_faster_has_not_failed() -> None:
    assert read(KILLED.replace('"ExecutorLostFailure"', '"TaskKilled"')).failed_tasks == 0


def test_tasks_parsed_and_counted_by_pattern_are_the_same() -> None:
    """Other writers put blanks into their JSON."""
    spaced = "\n".join(json.dumps(json.loads(line)) for line in KILLED.splitlines())
    assert read(spaced) == read(KILLED)


def test_many_failures_keep_the_first_and_the_last() -> None:
    failed = KILLED.splitlines()[6]
    many = "\n".join(failed.replace('"Host":"127.0.0.1"', f'"Host":"h{n}"') for n in range(500))
    facts = read(many)
    assert facts.failed_tasks == 500
    assert len(facts.failures) == 50
    assert (facts.failures[0].host, facts.failures[-1].host) == ("h0", "h499")


def test_the_application_that_started_last_counts(tmp_path: Path) -> None:
    (tmp_path / "app-2").write_text(KILLED.replace("1795444528987", "1795444528988"))
    (tmp_path / "app-1").write_text(KILLED.replace("collect at", "save at"))
    facts = read_event_logs([tmp_path / "app-2", tmp_path / "app-1"])
    assert facts is not None
    assert facts.failed_stage is not None
    assert facts.failed_stage.name.startswith("collect")


def test_what_is_no_event_log_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"(\xb5/\xfd\x04X\x00\x01\n{\xff")
    (tmp_path / "folder").mkdir()
    paths = [tmp_path / name for name in ("binary", "folder", "missing")]
    assert read_event_logs(paths) is None


def test_a_damaged_line_is_passed_over_and_counted() -> None:
    good = KILLED.splitlines()
    damaged = [
        '{"Event":"SparkListenerStageSubmitted","Stage Info":{"Stage ID":["x"]}}',
        '{"Event":"SparkListenerExecutorAdded"}',
        '{"Event":"SparkListenerJobEnd","Job Result":5}',
        '{"Event":"SparkListenerTaskEnd","x":' + 100_000 * "[",
    ]
    facts = read("\n".join([*good[:5], *damaged, *good[5:]]))
    assert facts.unreadable == 4
    facts.unreadable = 0
    assert facts == read(KILLED)


def test_a_reason_that_is_no_text_is_shown_as_it_is() -> None:
    facts = read(KILLED.replace('"Command exited with code 137"}\n', '["x"]}\n'))
    assert [loss.reason for loss in facts.losses] == ["['x']", "['x']"]
