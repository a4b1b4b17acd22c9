"""The one path of every stream ingest: messages -> conform to contract -> append to bronze, and quarantine beside it.

Each batch is written to both tables with the number that the stream's checkpoint gives it, and Delta refuses a number
that it has seen: so a batch that is tried again after a crash is in neither of them twice, wherever the crash fell.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from dataclasses import replace

from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery

from jobs.common.conform import conform
from jobs.common.context import RunContext
from jobs.common.contract import Contract
from jobs.common.declaration import UTF_8, Connector, Source
from jobs.common.errors import DeclarationError, SourceError
from jobs.common.hadoop_files import bytes_of
from jobs.common.messages import (
    HEADERS,
    KEY,
    MESSAGE,
    OFFSET,
    PARTITION,
    TAKEN,
    TIMESTAMP,
    TOPIC,
    delivery_of_messages,
)
from jobs.common.result import ColumnsTaken, DatasetResult, JobResult
from jobs.common.secret import field_of, secret_of, without_secrets
from jobs.common.sound_messages import looked_at
from jobs.common.write import append_batch

log = logging.getLogger("dataplat.stream")

AVAILABLE_NOW, CONTINUOUS = "available-now", "continuous"
_EVERY = "30 seconds"
MANY_MESSAGES = 50_000
"""Of a batch whose messages are looked at by columns. With less, it takes longer to start Python than is saved."""
_MESSAGES_A_TASK = 10_000
_MESSAGES_A_BATCH = 500_000  # bounds what a batch holds, however far behind the stream is
_FETCHING = {
    "kafka.max.partition.fetch.bytes": str(8 << 20),
    "kafka.receive.buffer.bytes": "-1",
    "kafka.max.poll.records": "10000",
}
"""A consumer asks for more of a partition when it has given out what it has: a megabyte by default, through a buffer of
64 KB, 500 messages at a time. So most of the time it would wait for the broker.
"""


def stream_messages(context: RunContext) -> JobResult:
    """Run a job whose one input is a topic and whose one output is a dataset written by `append-stream`.

    :raises JobError: see `jobs.common.errors`; batches that were written before are in the tables, once
    """
    source, contract = _source_and_contract(context)
    connector = context.environment.connector(source)
    sink = _Sink(context, source, contract)
    trigger = context.arguments.get("trigger", AVAILABLE_NOW)
    writer = (
        _messages(context, source, connector)
        .writeStream.queryName(f"{context.job.id} {context.run_id}")
        .option("checkpointLocation", sink.checkpoint)
        .foreachBatch(sink.take)
    )
    query = (
        writer.trigger(availableNow=True)
        if trigger == AVAILABLE_NOW
        else writer.trigger(processingTime=_EVERY)
    ).start()
    _await(query, source, connector)
    result = sink.result()
    log.info(
        "%s: %d messages read, %d written, %d quarantined",
        contract.id,
        result.rows_read,
        result.rows_written,
        result.rows_quarantined,
    )
    return JobResult(context.job.id, context.date.isoformat(), context.run_id, (result,))


class _Sink:
    """Where the batches of one stream go."""

    def __init__(self, context: RunContext, source: Source, contract: Contract) -> None:
        self._context = context
        self._source = source
        self._contract = contract
        self._table = context.storage.table(contract)
        self._quarantine = context.storage.quarantine(contract)
        # Beside the rows and below an underscore, where neither a reader nor a vacuum looks.
        self.checkpoint = f"{self._table}_checkpoints/{context.job.id}"
        self._stream: str | None = None
        self._read = self._rejected = 0
        self._reasons: Counter[str] = Counter()
        self._unmapped: Counter[str] = Counter()
        self._taken: ColumnsTaken | None = None

    def take(self, batch: DataFrame, number: int) -> None:
        """Write one batch."""
        spark, contract = batch.sparkSession, self._contract
        length = _length_of(spark, self.checkpoint, number)
        # Kafka's consumer wants to be read by a task's own thread, not by one that feeds Python: so tasks hand over.
        messages = batch.repartition(_tasks(spark, length), PARTITION, OFFSET)
        delivery = None
        if length is not None and length >= MANY_MESSAGES:
            delivery = looked_at(messages, contract, self._source.nulls)
        if delivery is None:
            delivery = replace(delivery_of_messages(messages, contract), nulls=self._source.nulls)
        with conform(delivery, contract, self._context.date) as conformed:
            counts = conformed.counts
            stream = self._stream or _name_of(spark, self.checkpoint)
            self._stream = stream
            commit = {"job": self._context.job.id, "runId": self._context.run_id, "batch": number}
            partitions = contract.partitioned_by
            if counts.rejected:
                append_batch(conformed.rejected(), self._quarantine, partitions, stream, number, commit)
            if counts.read > counts.rejected or number == 0:
                append_batch(conformed.accepted(), self._table, partitions, stream, number, commit)
        self._read += counts.read
        self._rejected += counts.rejected
        self._reasons.update(counts.reasons)
        self._unmapped.update(counts.unmapped)
        self._taken = delivery.taken_from(self._source.id, contract)

    def result(self) -> DatasetResult:
        """What came of all batches of this run.

        :raises QualityError: more of them break the contract than the dataset bears. They were taken all the same, so
            that the next run goes on behind them.
        """
        warnings: list[str] = []
        if self._read:
            limit = self._context.declaration.quarantine_threshold(self._contract.id)
            told = ", ".join(f"{reason} {count}" for reason, count in sorted(self._reasons.items()))
            warnings = limit.check(
                self._rejected / self._read,
                f"{self._contract.id}: {self._rejected} of {self._read} messages break the contract ({told}); "
                f"they are in {self._quarantine}",
                otherwise="the others are in the table, and the next run goes on behind them",
            )
        for warning in warnings:
            log.warning("%s", warning)
        return DatasetResult(
            table=self._contract.id,
            rows_read=self._read,
            rows_written=self._read - self._rejected,
            rows_quarantined=self._rejected,
            reasons=dict(self._reasons),
            unmapped=dict(self._unmapped),
            warnings=tuple(warnings),
            taken=self._taken,
        )


def _source_and_contract(context: RunContext) -> tuple[Source, Contract]:
    job = context.job
    if job.inputs or len(job.sources) != 1 or len(job.outputs) != 1:
        raise DeclarationError(f"job {job.id}: a stream has one source and one output")
    contract = context.declaration.contract(job.outputs[0])
    if contract.write != "append-stream":
        raise DeclarationError(f"{contract.id}: a stream writes by append-stream, not {contract.write}")
    return context.declaration.source(job.sources[0]), contract


def _messages(context: RunContext, source: Source, connector: Connector) -> DataFrame:
    """The source's messages as a stream: as `delivery_of_messages` wants them."""
    if connector.kind == "kafka":
        return _of_topic(context, source, connector)
    if connector.kind == "files":
        return _of_files(context, source)
    raise DeclarationError(
        f"job {context.job.id} cannot read {source.system} by {connector.kind}; it can by files, kafka"
    )


def _of_topic(context: RunContext, source: Source, connector: Connector) -> DataFrame:
    options = {
        "kafka.bootstrap.servers": connector.setting("bootstrapServers"),
        "subscribe": str(source.entity),
        "startingOffsets": "earliest",
        "maxOffsetsPerTrigger": str(_MESSAGES_A_BATCH),
        **_FETCHING,
        # What the topic has thrown away before it was read is gone: better to hear of it than not.
        "failOnDataLoss": "true",
        "includeHeaders": "true",
    }
    if connector.secret is not None:
        options.update(_credentials(context, connector))
    return (
        context.spark.readStream.format("kafka")
        .options(**options)
        .load()
        .select(
            F.col("topic").alias(TOPIC),
            F.col("partition").alias(PARTITION),
            F.col("offset").alias(OFFSET),
            F.col("timestamp").alias(TIMESTAMP),
            F.current_timestamp().alias(TAKEN),  # a batch that is tried again has the same
            F.col("value").alias(MESSAGE),
            F.col("key").alias(KEY),
            F.to_json("headers").alias(HEADERS),
        )
    )


def _credentials(context: RunContext, connector: Connector) -> dict[str, str]:
    secret = secret_of(context.environment, connector)
    user, password = (field_of(secret, name, connector).reveal() for name in ("username", "password"))
    quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in (user, password))
    module = "org.apache.kafka.common.security.scram.ScramLoginModule"
    return {
        "kafka.security.protocol": "SASL_SSL",
        "kafka.sasl.mechanism": "SCRAM-SHA-512",
        "kafka.sasl.jaas.config": '{} required username="{}" password="{}";'.format(module, *quoted),
    }


def _of_files(context: RunContext, source: Source) -> DataFrame:
    """A topic that was written into files of landing, of all dates: a JSON object a message, with where it stood."""
    if source.encoding != UTF_8:
        raise DeclarationError(f"source {source.id}: a stream reads files of {UTF_8} alone")
    unknown = sorted({"array", "include", "exclude"} & set(source.options))
    if unknown:
        raise DeclarationError(f"source {source.id}: a stream knows no option {', '.join(unknown)}")
    files = context.storage.uri("landing", source.path.replace("{date}", "*"))
    return (
        context.spark.readStream.schema(
            "topic string, partition int, offset bigint, timestamp timestamp, key string, value string"
        )
        .option("mode", "FAILFAST")
        .json(files)
        .select(
            F.col("topic").alias(TOPIC),
            F.col("partition").alias(PARTITION),
            F.col("offset").alias(OFFSET),
            F.col("timestamp").alias(TIMESTAMP),
            F.current_timestamp().alias(TAKEN),
            F.encode("value", "UTF-8").alias(MESSAGE),
            F.encode("key", "UTF-8").alias(KEY),
            F.lit(None).cast("string").alias(HEADERS),
        )
    )


def _await(query: StreamingQuery, source: Source, connector: Connector) -> None:
    try:
        query.awaitTermination()
    except StreamingQueryException as error:
        said = str(error).partition("terminated with exception: ")[2] or str(error)
        cause = without_secrets(said).strip().split("\n")[0][:500]
        raise SourceError(
            f"the stream from {source.entity or source.id} ({connector.kind}) broke off: {cause}. What was taken is "
            "in the table, once; the next run begins with the batch that this one did not take"
        ) from error


def _name_of(spark: SparkSession, checkpoint: str) -> str:
    """The id that the checkpoint has given its stream: another checkpoint counts its batches anew."""
    return str(json.loads(bytes_of(spark, f"{checkpoint}/metadata"))["id"])


def _tasks(spark: SparkSession, length: int | None) -> int:
    """How many tasks judge and write a batch: each that has rows makes a file of its own."""
    cores = spark.sparkContext.defaultParallelism
    return cores if length is None else min(cores, 1 + length // _MESSAGES_A_TASK)


def _length_of(spark: SparkSession, checkpoint: str, batch: int) -> int | None:
    """How many messages of a topic a batch has, at the most, by the offsets that the checkpoint has noted down before
    it; None where it has noted something else.
    """

    def ends(number: int) -> dict[tuple[str, str], int]:
        noted = bytes_of(spark, f"{checkpoint}/offsets/{number}").decode("utf-8")
        topics = json.loads(noted.strip().split("\n")[-1])
        return {(topic, part): end for topic, parts in topics.items() for part, end in parts.items()}

    try:
        before = ends(batch - 1) if batch else {}
        return sum(end - before.get(place, 0) for place, end in ends(batch).items())
    except (AttributeError, TypeError, ValueError):
        return None
