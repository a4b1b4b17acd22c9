"""The task that runs one job of the platform on EMR Serverless, and the trigger that waits for it."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

from airflow.exceptions import AirflowException, AirflowFailException
from airflow.providers.amazon.aws.operators.emr import EmrServerlessStartJobOperator
from airflow.providers.amazon.aws.triggers.emr import EmrServerlessStartJobTrigger
from airflow.triggers.base import TriggerEvent
from botocore.exceptions import BotoCoreError, ClientError

from utils.dates import run_date
from utils.declaration import Job, platform

ACTIVE = ["SUBMITTED", "PENDING", "SCHEDULED", "QUEUED", "RUNNING"]
ENDED = ["SUCCESS", "FAILED", "CANCELLED"]

# As src/model/run-states.ts has it.
CANCELLED_BY_US = "dataplat.cancelled"

# How often in a row EMR may not answer before a task gives up the waiting. Its run goes on, and the next try finds it.
PATIENCE = 8


class SparkJobTrigger(EmrServerlessStartJobTrigger):
    """Waits for the end of a run, also while EMR does not answer; ends the run of a task that is killed."""

    async def run(self) -> AsyncIterator[TriggerEvent]:
        async with await self.hook().get_async_conn() as client:
            try:
                event = await self._end(client)
            except asyncio.CancelledError:
                if await self._task_is_gone():
                    await self._note_cancellation(client)
                    await client.cancel_job_run(**self.waiter_args)
                raise
        yield TriggerEvent(event)

    async def _end(self, client: Any) -> dict[str, str]:
        failures = 0
        while True:
            try:
                run = (await client.get_job_run(**self.waiter_args))["jobRun"]
            except (BotoCoreError, ClientError) as error:
                failures += 1
                self.log.warning(
                    "EMR Serverless does not answer (%s of %s): %s", failures, self.attempts, error
                )
                if failures >= self.attempts:
                    return self._event("UNREACHABLE", f"EMR Serverless does not answer: {error}")
                await asyncio.sleep(min(self.waiter_delay * 2**failures, 60))
                continue
            failures = 0
            if run["state"] in ENDED:
                return self._event(run["state"], run.get("stateDetails", ""))
            await asyncio.sleep(self.waiter_delay)

    def _event(self, state: str, details: str) -> dict[str, str]:
        status = "success" if state == "SUCCESS" else "error"
        return {"status": status, "job_id": str(self.return_value), "state": state, "details": details}

    async def _note_cancellation(self, client: Any) -> None:
        """EMR ends what took too long in the same state: the run itself says that its end was asked for."""
        try:
            run = (await client.get_job_run(**self.waiter_args))["jobRun"]
            await client.tag_resource(resourceArn=run["arn"], tags={CANCELLED_BY_US: "yes"})
        except (BotoCoreError, ClientError) as error:
            # Better counted as a failure than left to run.
            self.log.warning("run %s does not say that it was cancelled: %s", self.return_value, error)

    async def _task_is_gone(self) -> bool:
        """
        Whether the waiting ends because the task does: somebody has failed or cleared it. A triggerer that is stopped
        hands the waiting to another, and the run must live. Without a triggerer, `dags test` was interrupted.
        """
        task = self.task_instance
        if task is None:
            return True
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
        from asgiref.sync import sync_to_async

        states = await sync_to_async(RuntimeTaskInstance.get_task_states)(
            dag_id=task.dag_id, task_ids=[task.task_id], run_ids=[task.run_id]
        )
        return str(states.get(task.run_id, {}).get(task.task_id)) != "deferred"


class SparkJob(EmrServerlessStartJobOperator):
    """
    Runs a job for the date of its DAG run: the very request that `dataplat submit` sends, with a token of this try of
    this task. Sent twice it starts one run, and a new try never gets the answer of the one before. A new try goes on
    with the run of an earlier one that has not ended.
    """

    def __init__(self, *, job: Job, **kwargs: Any) -> None:
        declared = platform()
        text = json.dumps(job.request).replace("{date}", "{{ run_date(dag_run) }}")
        request = json.loads(
            text.replace("{task}", "{{ dag_run.dag_id }}/{{ dag_run.run_id }}/{{ task.task_id }}")
        )
        super().__init__(
            application_id=request.pop("applicationId"),
            execution_role_arn=request.pop("executionRoleArn"),
            job_driver=request.pop("jobDriver"),
            configuration_overrides=request.pop("configurationOverrides"),
            name=request.pop("name"),
            config=request,  # mode, time limit, tags
            wait_for_completion=False,  # the waiting is ours
            deferrable=True,
            waiter_delay=1 if declared.local else 20,
            waiter_max_attempts=PATIENCE,
            aws_conn_id=None,
            region_name=declared.region,
            **kwargs,
        )
        self.job = job

    def execute(self, context: Any, event: dict[str, Any] | None = None) -> str | None:
        asked = (context["dag_run"].conf or {}).get("jobs")
        if asked and self.job.id not in asked:
            self.log.info("%s was not asked for", self.job.id)
            return None
        task = context["ti"]
        attempt = f"{task.dag_id}/{task.run_id}/{task.task_id}/{task.map_index}/{task.try_number}"
        self.client_request_token = str(uuid.uuid5(uuid.NAMESPACE_URL, attempt))
        self.job_id = self._run_of_earlier_try() if task.try_number > 1 else None
        if self.job_id is None:
            self.job_id = super().execute(context, event)
        self.log.info("dataplat logs %s --follow --env %s", self.job_id, platform().environment)
        self.defer(
            trigger=SparkJobTrigger(
                application_id=self.application_id,
                job_id=self.job_id,
                waiter_delay=self.waiter_delay,
                waiter_max_attempts=self.waiter_max_attempts,
                aws_conn_id=self.aws_conn_id,
            ),
            method_name="execute_complete",
        )
        return None

    def _run_of_earlier_try(self) -> str | None:
        """The run of this task that is still going, after a try that was lost while it waited."""
        pages = self.hook.conn.get_paginator("list_job_runs").paginate(
            applicationId=self.application_id, states=ACTIVE
        )
        for found in (run for page in pages for run in page["jobRuns"] if run.get("name") == self.name):
            run = self.hook.conn.get_job_run(applicationId=self.application_id, jobRunId=found["id"])[
                "jobRun"
            ]
            if run.get("tags") == self.config["tags"]:
                self.log.info(
                    "an earlier try has started run %s, which is %s: going on with it",
                    found["id"],
                    run["state"],
                )
                return str(found["id"])
        return None

    def execute_complete(self, context: Any, event: dict[str, Any] | None = None) -> str:
        ended = event or {}
        run, environment = ended.get("job_id"), platform().environment
        if ended.get("status") == "success":
            return str(run)
        date = run_date(context["dag_run"])
        message = (
            f"run {run} of {self.job.id} for {date} ended {ended.get('state')}: {ended.get('details')}. "
            f"Next: dataplat logs {run} --env {environment}"
        )
        # What a gate found wrong is as wrong for the next try.
        raise AirflowFailException(message) if self.job.gate else AirflowException(message)
