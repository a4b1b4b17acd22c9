#!/bin/sh
# MWAA runs this in every part of Airflow before the part starts, for at most five minutes. What it prints is in the
# log group of the part; what it exports, Airflow and the tasks see. A changed file restarts Airflow at the next deploy.
set -eu

# Tasks speak UTC wherever they run, as contracts and schedules do.
export TZ=UTC

echo "starting ${MWAA_AIRFLOW_COMPONENT:-airflow}, Python $(python3 --version 2>&1 | cut -d' ' -f2)"
