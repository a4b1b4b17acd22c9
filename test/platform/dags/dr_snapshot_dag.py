"""
### A snapshot of the lake

Taken by Airflow where `snapshots.schedule` of the environment's file says when, else whenever it is triggered.
"""

from utils.snapshots import snapshot_dag

dag = snapshot_dag("dr_snapshot", description="Takes a snapshot of the lake", doc_md=__doc__)
