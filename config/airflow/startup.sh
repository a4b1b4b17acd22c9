#!/bin/sh
# MWAA runs this in every part of Airflow before the part starts, for at most five minutes. What it prints is in the
# log group of the part; what it exports, Airflow and the tasks see. A changed file restarts Airflow at the next deploy.
set -eu

# Tasks speak UTC wherever they run, as contracts and schedules do.
export TZ=UTC

# Tasks wait for their job runs in Airflow's triggerer, which imports what waits from the DAGs' folder and does not have
# that on its path. MWAA keeps PYTHONPATH for itself, so a path file says it. A laptop's own site is left alone.
home=/usr/local/airflow
if [ -d "$home" ]; then
  site=$(python3 -c 'import site; print(site.getusersitepackages())')
  mkdir -p "$site"
  echo "$home/dags" >"$site/dataplat-dags.pth"
fi

echo "starting ${MWAA_AIRFLOW_COMPONENT:-airflow}, Python $(python3 --version 2>&1 | cut -d' ' -f2)"
