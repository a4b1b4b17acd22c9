"""The Spark session: Delta, what `config/emr/*.conf` says, and what a laptop needs instead of EMR.

What spark-submit was given is never overridden; so on EMR Serverless, and in the local endpoint's job runs, only what
is missing is set. Run as a plain script, the job starts a local Spark and brings Delta and S3 itself.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pyspark import SparkConf
from pyspark.sql import SparkSession

from jobs.common.declaration import Environment, Platform
from jobs.common.errors import UsageError
from jobs.common.java_names import keep_java_names

# The versions of EMR 7.x's Spark 3.5 line; only used where no jars are given.
_S3 = "org.apache.hadoop:hadoop-aws:3.3.4"
_PACKAGES = (
    "io.delta:delta-spark_2.12:3.3.2",
    "org.apache.spark:spark-sql-kafka-0-10_2.12:3.5.7",
    "org.apache.spark:spark-avro_2.12:3.5.7",
)
_FILES_BY_FILE_SYSTEM = "org.apache.spark.sql.execution.streaming.FileSystemBasedCheckpointFileManager"

_LAPTOP = {
    "spark.master": "local[*]",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.ui.explainMode": "simple",  # nobody looks at it, and a twelfth of a small query's time goes into it
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "8",  # a vacuum lists in as many tasks: 10,000
    # Short jobs: compile quickly rather than well, and collect garbage without a crowd of threads. What is compiled
    # stays: the 48 MB that Java keeps for it by default here are full after some two minutes.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC",
}


def spark_session(
    app_name: str,
    platform: Platform,
    lake_root: str | None = None,
    properties: Mapping[str, str] | None = None,
) -> SparkSession:
    """The session of this process, made or found.

    `lake_root`: see `Storage`; with one, S3 is not set up. `properties`: what is to be otherwise than a laptop has it.
    """
    submitted = under_spark_submit()
    conf = SparkConf()  # under spark-submit it knows what that was given
    wanted = {"spark.app.name": app_name, **platform.spark}
    if lake_root is None and (not submitted or platform.environment.endpoint_port is not None):
        wanted.update(s3a_properties(platform.environment))
    if not submitted:
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        wanted.update(_LAPTOP)
        wanted.update(jar_properties(needs_s3=lake_root is None))
    wanted.update(properties or {})
    for name, value in wanted.items():
        conf.setIfMissing(name, value)
    keep_java_names()
    spark = SparkSession.builder.config(conf=conf).getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    return spark


def under_spark_submit() -> bool:
    """Whether spark-submit started this process (it then listens for it at a port)."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


def s3a_properties(environment: Environment) -> dict[str, str]:
    """Hadoop's S3A under the name `s3://`, which on EMR is its own file system.

    `AWS_ENDPOINT_URL` names another endpoint than AWS's own; an environment with an endpoint has one anyhow, which
    takes the account's number for an access key, so that no real key is ever sent to it.
    """
    s3a = "spark.hadoop.fs.s3a."
    properties = {
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        f"{s3a}endpoint.region": environment.region,
        # Delta's checksum files: Hadoop's other interface to files knows S3A by the scheme s3a:// alone.
        "spark.sql.streaming.checkpointFileManagerClass": _FILES_BY_FILE_SYSTEM,
    }
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if environment.endpoint_port is not None:
        endpoint = endpoint or f"http://127.0.0.1:{environment.endpoint_port}"
        properties.update(
            {
                f"{s3a}aws.credentials.provider": "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
                f"{s3a}access.key": environment.account,
                f"{s3a}secret.key": "local",
                f"{s3a}attempts.maximum": "3",
                f"{s3a}retry.limit": "2",
                f"{s3a}connection.establish.timeout": "5000",
            }
        )
    if endpoint:
        properties.update(
            {
                f"{s3a}endpoint": endpoint,
                f"{s3a}path.style.access": "true",
                f"{s3a}connection.ssl.enabled": str(endpoint.startswith("https:")).lower(),
            }
        )
    return properties


def jar_properties(needs_s3: bool) -> dict[str, str]:
    """Delta's (and S3A's) jars: those that `DATAPLAT_SPARK_JARS` names (a directory, or a list with commas or the
    system's path separator), else by their coordinates, which Spark fetches once.
    """
    named = os.environ.get("DATAPLAT_SPARK_JARS")
    if not named:
        return {"spark.jars.packages": ",".join((*_PACKAGES, _S3) if needs_s3 else _PACKAGES)}
    directory = Path(named)
    if directory.is_dir():
        jars = sorted(str(jar) for jar in directory.glob("*.jar"))
    else:
        jars = [jar for part in named.split(",") for jar in part.split(os.pathsep) if jar]
    missing = [jar for jar in jars if not Path(jar).is_file()]
    if missing or not jars:
        raise UsageError(
            f"DATAPLAT_SPARK_JARS={named} names no jars: {', '.join(missing) or 'none in there'}"
        )
    return {"spark.jars": ",".join(jars)}
