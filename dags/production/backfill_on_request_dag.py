"""
### A range of days once more

Runs the nightly pipeline for every day of a range, one day after another, with the form that *Trigger* opens:
the first and the last day, and which jobs where not all. Each day is a run of `daily_batch_pipeline` of its
own, seen and cleared there. The first day that fails ends it; triggered again with the remaining range it
goes on.

From a terminal, with a preview, estimates and a ledger: `dataplat backfill <layer|job> --from A --to B`.
"""

from datetime import date, timedelta
from typing import Any

from airflow.exceptions import AirflowFailException
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Param, get_current_context, task

from utils.declaration import platform
from utils.factory import platform_dag

PIPELINE = "daily_batch_pipeline"
MOST_DAYS = 366
JOBS = [job.id for job in platform().jobs_of(PIPELINE)]

with platform_dag(
    "backfill_on_request",
    description="Runs the nightly pipeline for a range of days once more",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 0},
    params={
        "from": Param(
            type="string",
            format="date",
            title="First day",
            description="As YYYY-MM-DD; both ends are included.",
        ),
        "to": Param(type="string", format="date", title="Last day"),
        "jobs": Param(
            [],
            type=["array", "null"],
            items={"type": "string", "enum": JOBS},
            examples=JOBS,
            title="Jobs",
            description="None for all. What the others would make is taken as it is.",
        ),
    },
    doc_md=__doc__,
) as dag:

    @task
    def days() -> list[dict[str, Any]]:
        """What each day's run is told, the oldest first."""
        context: Any = get_current_context()
        params = context["params"]
        first, last = date.fromisoformat(params["from"]), date.fromisoformat(params["to"])
        if last < first:
            raise AirflowFailException(f"the last day, {last}, is before the first, {first}")
        if (last - first).days >= MOST_DAYS:
            raise AirflowFailException(
                f"{first} to {last} is more than {MOST_DAYS} days; ask for fewer at a time"
            )
        chosen = {"jobs": params["jobs"]} if params["jobs"] else {}
        return [
            {"date": (first + timedelta(days=number)).isoformat(), **chosen}
            for number in range((last - first).days + 1)
        ]

    TriggerDagRunOperator.partial(
        task_id="run_of_the_day",
        trigger_dag_id=PIPELINE,
        wait_for_completion=True,
        poke_interval=2 if platform().local else 30,
        max_active_tis_per_dagrun=1,
        map_index_template="{{ task.conf.date }}",
    ).expand(conf=days())
