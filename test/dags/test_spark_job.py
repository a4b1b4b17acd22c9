"""A task and its job run, through retries, kills and an endpoint that does not answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.exceptions import AirflowException, AirflowFailException, TaskDeferred
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from emr import Emr

DAY = datetime(2026, 1, 15, 2, tzinfo=timezone.utc)


@pytest.fixture
def emr(monkeypatch: pytest.MonkeyPatch, local_folder: Path) -> Iterator[Emr]:
    service = Emr()
    for name, value in {
        "AWS_ENDPOINT_URL": service.url,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    yield service
    service.server.shutdown()


def context_of(task_id: str, number: int, **conf: Any) -> dict[str, Any]:
    dag_run = SimpleNamespace(
        dag_id="daily_batch_pipeline",
        run_id="scheduled__2026-01-15",
        conf=conf,
        logical_date=DAY,
        run_after=DAY,
    )
    task = SimpleNamespace(
        dag_id=dag_run.dag_id,
        run_id=dag_run.run_id,
        task_id=task_id,
        map_index=-1,
        try_number=number,
        xcom_push=print,
    )
    return {"ti": task, "task_instance": task, "dag_run": dag_run}


def job_of(job_id: str) -> Any:
    """The task as a DAG has it, its templates rendered as Airflow renders them."""
    from utils.dates import run_date
    from utils.declaration import platform
    from utils.factory import platform_dag
    from utils.spark_job import SparkJob

    dag = platform_dag("daily_batch_pipeline", schedule=None)
    task = SparkJob(job=platform().job(job_id), task_id=job_id, dag=dag)
    task.persist_links = lambda context: None  # links need a database
    dag_run = context_of(job_id, 1)["dag_run"]
    task.render_template_fields({"dag_run": dag_run, "task": task, "run_date": run_date})
    return task


def defer(job_id: str, number: int) -> Any:
    """Runs a try of a task until it waits. @returns what it waits with"""
    with pytest.raises(TaskDeferred) as deferred:
        job_of(job_id).execute(context_of(job_id, number))
    return deferred.value.trigger


async def first_event(trigger: Any) -> dict[str, Any]:
    async for event in trigger.run():
        return event.payload
    raise AssertionError("the trigger ended without an event")


def test_sends_what_submit_sends_with_the_date_of_its_run(emr: Emr) -> None:
    defer("crm_accounts", 1)
    (run,) = emr.runs.values()
    assert run["name"] == "crm_accounts 2026-01-15"
    assert run["jobDriver"]["sparkSubmit"]["entryPointArguments"] == [
        "--env",
        "local",
        "--job",
        "crm_accounts",
        "--date",
        "2026-01-15",
    ]
    assert run["tags"]["dataplat.date"] == "2026-01-15"
    assert run["tags"]["dataplat.airflow"] == "daily_batch_pipeline/scheduled__2026-01-15/crm_accounts"
    assert run["executionTimeoutMinutes"] == 60
    assert "{" not in json.dumps([run["tags"], run["name"], run["jobDriver"]]).replace('{"', "")


def test_the_same_try_sent_twice_is_one_run(emr: Emr) -> None:
    assert defer("crm_accounts", 1).return_value == defer("crm_accounts", 1).return_value
    assert len(emr.runs) == 1


def test_a_new_try_goes_on_with_a_run_that_has_not_ended(emr: Emr) -> None:
    run = defer("crm_accounts", 1).return_value
    assert defer("crm_accounts", 2).return_value == run
    assert len(emr.runs) == 1


def test_a_new_try_is_a_new_run_where_the_one_before_has_failed(emr: Emr) -> None:
    run = defer("crm_accounts", 1).return_value
    emr.runs[run]["state"] = "FAILED"
    assert defer("crm_accounts", 2).return_value != run
    assert len(emr.runs) == 2


def test_a_new_try_leaves_the_run_of_another_task_alone(emr: Emr) -> None:
    run = defer("crm_accounts", 1).return_value
    emr.runs[run]["tags"]["dataplat.airflow"] = "salesforce_ingestion/scheduled__2026-01-15/crm_accounts"
    assert defer("crm_accounts", 2).return_value != run


def test_waits_through_an_endpoint_that_is_down_for_a_while(emr: Emr) -> None:
    trigger = defer("crm_accounts", 1)
    trigger.waiter_delay = 0.01
    emr.failing, emr.runs["run1"]["state"] = 3, "SUCCESS"
    event = asyncio.run(first_event(trigger))
    assert event["status"] == "success"
    assert job_of("crm_accounts").execute_complete(context_of("crm_accounts", 1), event) == "run1"


def test_gives_up_an_endpoint_that_stays_down_and_names_the_run(emr: Emr) -> None:
    trigger = defer("crm_accounts", 1)
    trigger.waiter_delay = 0.001
    emr.failing = 1000
    event = asyncio.run(first_event(trigger))
    with pytest.raises(
        AirflowException, match=r"run run1 of crm_accounts .* UNREACHABLE.*Next: dataplat logs run1"
    ):
        job_of("crm_accounts").execute_complete(context_of("crm_accounts", 1), event)


def test_a_failed_run_fails_its_task_with_the_reason_and_the_next_command(emr: Emr) -> None:
    trigger = defer("crm_accounts", 1)
    emr.runs["run1"].update(state="FAILED", stateDetails="no file for the day")
    event = asyncio.run(first_event(trigger))
    with pytest.raises(
        AirflowException, match=r"no file for the day\. Next: dataplat logs run1 --env local"
    ) as failed:
        job_of("crm_accounts").execute_complete(context_of("crm_accounts", 1), event)
    assert not isinstance(failed.value, AirflowFailException)


def test_a_run_that_took_too_long_fails_its_task(emr: Emr) -> None:
    trigger = defer("crm_accounts", 1)
    emr.runs["run1"].update(state="CANCELLED", stateDetails="")
    event = asyncio.run(first_event(trigger))
    with pytest.raises(AirflowException, match=r"run run1 of crm_accounts .* ended CANCELLED"):
        job_of("crm_accounts").execute_complete(context_of("crm_accounts", 1), event)


def test_a_closed_gate_is_not_tried_again(emr: Emr) -> None:
    event = {"status": "error", "job_id": "run1", "state": "FAILED", "details": "2 of 30 checks"}
    with pytest.raises(AirflowFailException, match="2 of 30 checks"):
        job_of("dq_check_bronze").execute_complete(context_of("dq_check_bronze", 1), event)


@pytest.mark.parametrize(
    ("state", "end"),
    [("failed", "CANCELLED"), ("None", "CANCELLED"), ("deferred", "RUNNING"), (None, "CANCELLED")],
)
def test_a_killed_task_ends_its_run_and_a_stopped_triggerer_does_not(
    emr: Emr, monkeypatch: pytest.MonkeyPatch, state: str | None, end: str
) -> None:
    trigger = defer("crm_accounts", 1)
    task = context_of("crm_accounts", 1)["ti"]
    # Without a task the trigger runs in `dags test`, where an interruption is a kill.
    trigger.task_instance = None if state is None else task
    monkeypatch.setattr(
        RuntimeTaskInstance,
        "get_task_states",
        staticmethod(lambda **_: {task.run_id: {"crm_accounts": state}}),
    )

    async def interrupted() -> None:
        waiting = asyncio.create_task(first_event(trigger))
        await asyncio.sleep(0.5)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    asyncio.run(interrupted())
    assert emr.runs["run1"]["state"] == end
    # Told apart from a run that took too long, which EMR ends in the same state.
    assert (emr.runs["run1"]["tags"].get("dataplat.cancelled") == "yes") == (end == "CANCELLED")


def test_what_was_not_asked_for_is_not_run(emr: Emr) -> None:
    assert job_of("crm_accounts").execute(context_of("crm_accounts", 1, jobs=["fx_rates"])) is None
    assert emr.runs == {}


def test_a_failure_is_announced_on_the_topic_of_events(emr: Emr) -> None:
    from utils.callbacks import announce_failure

    announce_failure({**context_of("dq_check_bronze", 1), "exception": "2 of 30 checks"})
    (message,) = emr.published
    assert message["TopicArn"].endswith(":dataplat-local-events")
    assert message["Subject"] == "daily_batch_pipeline: dq_check_bronze failed for 2026-01-15"
    said = json.loads(message["Message"])
    assert (said["task"], said["date"], said["error"]) == ("dq_check_bronze", "2026-01-15", "2 of 30 checks")


def test_a_message_that_cannot_be_sent_makes_a_failure_no_worse(emr: Emr) -> None:
    from utils.callbacks import announce_failure

    emr.failing = 1000
    announce_failure(context_of("crm_accounts", 1))
    assert emr.published == []
