"""
### A snapshot of the lake

Takes a snapshot of every Delta table at one version, with the catalog, tags, grants and Terraform's states, into the
bucket that `snapshots` of the environment's file names, and removes those that `snapshots.keep` no longer asks
for. Jobs go on meanwhile. When: `snapshots.schedule` of the same file, or whenever the DAG is triggered. A run that was
missed is not made up for: yesterday's lake is gone.

It is `dataplat dr snapshot` itself, which a deploy puts beside Airflow's DAGs. While somebody else takes a
snapshot the run is skipped. One that was killed leaves nothing behind that is in the way, and the next goes on
with what it copied.

What there is: `dataplat dr list`. What to do when it is needed: `docs/WHEN_THE_LAKE_IS_LOST.md`.
"""

from utils.snapshots import snapshot_dag

dag = snapshot_dag(
    "dr_snapshot",
    description="Takes a snapshot of the lake",
    doc_md=__doc__,
)
