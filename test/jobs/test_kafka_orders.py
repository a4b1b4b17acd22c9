"""Order events from Kafka into bronze: a real broker, killed and brought back; and a topic written into files."""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import Lake
from peers.kafka_broker import KafkaBroker
from platforms import bearing, delivering

from jobs.common import stream
from jobs.common.errors import QualityError, SourceError
from jobs.common.result import DatasetResult
from jobs.ingest.kafka_orders_stream import JOB, run

TABLE, TOPIC = "kafka_orders", "orders"
QUARANTINE = f"{TABLE}__quarantine"
Message = tuple[str, bytes]


def message(number: int, **fields: object) -> Message:
    """An event, as the shop writes it."""
    value = {
        "event_id": f"EVT-{number:06d}",
        "event_type": "order_placed",
        "order_id": f"ORD-{number:06d}",
        "customer_id": "CUS-000001",
        "currency": "EUR",
        "order_total": "12.50",
        "occurred_at": "2026-01-05T08:00:00Z",
        **fields,
    }
    return f"ORD-{number:06d}", json.dumps(value).encode()


class Orders:
    """A topic with three partitions, and a lake that takes its messages."""

    def __init__(self, lake: Lake, broker: KafkaBroker, topic: str) -> None:
        self.lake, self.broker, self.topic = lake, broker, topic
        broker.create_topic(topic, 3)
        connector: dict[str, object] = {"kind": "kafka", "bootstrapServers": broker.bootstrap_servers}
        self.declaration = delivering(lake.reaching("kafka", connector), "kafka_orders", entity=topic)

    def put(self, *messages: Message) -> None:
        self.broker.produce(self.topic, list(messages))

    def run(self, **arguments: object) -> DatasetResult:
        context = self.lake.context(JOB, "2026-01-05", declaration=self.declaration, **arguments)
        (output,) = run(context).outputs
        return output

    def ids(self) -> Counter[str]:
        return Counter(row["event_id"] for row in self.lake.rows(TABLE))

    def places(self) -> Counter[tuple[int, int]]:
        """Where the rows of both tables stood."""
        both = [*self.lake.rows(TABLE), *self.lake.rows(QUARANTINE)]
        return Counter((row["_partition"], row["_offset"]) for row in both)

    def there(self) -> int:
        """How many rows bronze has, also before there is a table."""
        return len(self.lake.rows(TABLE))


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    broker = KafkaBroker(tmp_path_factory.mktemp("kafka")).start()
    yield broker
    broker.kill()


@pytest.fixture
def orders(lake: Lake, broker: KafkaBroker, request: pytest.FixtureRequest) -> Orders:
    return Orders(lake, broker, f"orders-{abs(hash(request.node.name)) % 10**8}")


def until(condition: Callable[[], bool], what: str, seconds: float = 900) -> None:
    """Wait for something; the limit is for what will never come, so it is long."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.2)


class Background:
    """A run in a thread, so that things can happen to it."""

    def __init__(self, work: Callable[[], DatasetResult]) -> None:
        self.result: DatasetResult | None = None
        self.error: Exception | None = None

        def body() -> None:
            try:
                self.result = work()
            except Exception as error:
                self.error = error

        self._thread = threading.Thread(target=body, daemon=True)
        self._thread.start()

    @property
    def over(self) -> bool:
        return not self._thread.is_alive()

    def join(self) -> None:
        until(lambda: self.over, "the run is over")


def test_each_message_lands_once_and_running_again_changes_nothing(orders: Orders) -> None:
    orders.put(*(message(number) for number in range(50)))
    result = orders.run()
    assert (result.rows_read, result.rows_written, result.rows_quarantined) == (50, 50, 0)
    before = orders.lake.content(TABLE)
    assert orders.run().rows_read == 0
    assert orders.lake.content(TABLE) == before
    orders.put(*(message(number) for number in range(50, 60)))
    assert orders.run().rows_written == 10
    assert orders.ids() == {f"EVT-{number:06d}": 1 for number in range(60)}
    today = dt.datetime.now(dt.timezone.utc).date()
    days = {row["ingest_date"] for row in orders.lake.rows(TABLE)}
    assert days <= {today, today - dt.timedelta(days=1)}


@pytest.mark.parametrize("many", [10, 11])
def test_what_is_malformed_goes_to_quarantine_with_where_it_stood(
    orders: Orders, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(stream, "MANY_MESSAGES", many)  # the batch has ten
    looked_at, by_columns = stream.looked_at, []

    def noted(messages: Any, *arguments: Any) -> Any:
        # What feeds Python is a thread that Kafka's consumer, which may hang there, warns of with every message: tasks
        # hand over what they read.
        assert "Exchange" in messages._jdf.queryExecution().executedPlan().toString()
        by_columns.append(looked_at(messages, *arguments))
        return by_columns[-1]

    monkeypatch.setattr(stream, "looked_at", noted)
    bad = [b'{"event_id": "EVT-', b"order placed", b"[1, 2]", b"", b'"text"', b'{"a": \xff\xfe}', b"{oops}"]
    for number, value in enumerate(bad):
        orders.broker.produce(orders.topic, [(None, value)], partition=number % 3)
    orders.broker.produce(orders.topic, [(None, None)], partition=1)  # a tombstone
    orders.broker.produce(orders.topic, [message(1, event_type="order_teleported")], partition=2)
    orders.broker.produce(orders.topic, [message(2)], partition=2)
    result = orders.run()
    assert [delivery.sound.count for delivery in by_columns] == [1] * (many == 10)
    assert result.reasons == {"malformed": len(bad) + 1, "enum:event_type": 1}
    assert orders.ids() == {"EVT-000002": 1}
    rows = orders.lake.rows(QUARANTINE)
    assert {row["_topic"] for row in rows} == {orders.topic}
    where = {(row["_partition"], row["_offset"]) for row in rows}
    assert where == {(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (0, 2), (1, 2), (2, 2)}
    texts = {(row["_partition"], row["_offset"]): row["_raw"].get("_record") for row in rows}
    assert (texts[0, 0], texts[1, 1]) == ('{"event_id": "EVT-', '"text"')
    assert texts[0, 2] == "{oops}"
    assert texts[2, 1] == "base64:eyJhIjog//59"  # not UTF-8
    assert {place for place, text in texts.items() if text == ""} == {(0, 1), (1, 2)}
    told = {(row["_partition"], row["_offset"]) for row in rows if row["_raw"].get("_tombstone") == "true"}
    assert told == {(1, 2)}
    (wrong,) = [row for row in rows if list(row["_reasons"]) == ["enum:event_type"]]
    assert (wrong["_raw"]["event_type"], wrong["_source_file"]) == ("order_teleported", f"{orders.topic}/2")


def test_no_name_of_a_field_stops_the_stream(orders: Orders) -> None:
    orders.put(
        message(1, ingest_date="1999-01-01", _offset=5),
        message(2, Colour="red", colour="green"),
        ("3", message(3)[1].replace(b'"event_type"', b'"Event_Type"')),
        ("4", message(4)[1] + message(5)[1]),
    )
    result = orders.run()
    rows = {row["event_id"][-1]: row for row in orders.lake.rows(TABLE)}
    assert rows["1"]["_unmapped"] == {"ingest_date": "1999-01-01", "_offset": "5"}
    assert rows["2"]["_unmapped"] == {"Colour": "red", "colour": "green"}
    assert result.reasons == {"required:event_type": 1, "malformed": 1}
    (renamed, twice) = sorted(
        (row["_raw"] for row in orders.lake.rows(QUARANTINE)), key=lambda raw: "_record" in raw
    )
    assert renamed["Event_Type"] == "order_placed"
    assert (twice["_key"], twice["_record"].count("event_id")) == ("4", 2)


def test_a_run_fails_where_too_many_are_rejected_and_the_next_goes_on_behind_them(orders: Orders) -> None:
    limits = {"warnAbove": 0.1, "failAbove": 0.4}
    orders.declaration = bearing(orders.declaration, "kafka_orders_bronze", quarantine=limits)
    orders.put(message(1), ("2", b"order placed"))
    with pytest.raises(QualityError, match=r"1 of 2 messages break the contract \(malformed 1\).*50\.0%"):
        orders.run()
    assert orders.ids() == {"EVT-000001": 1}
    orders.put(message(3))
    assert orders.run().rows_written == 1


@pytest.mark.heavy
def test_fields_come_as_they_were_written(orders: Orders) -> None:
    orders.put(
        message(1, order_total=9007199254740993.07),  # rounded by Python's own JSON: written by hand below
        ("2", message(2)[1].replace(b'"12.50"', b"9007199254740993.07")),
        ("3", message(3)[1].replace(b'"12.50"', b"12.5")),
        ("4", message(4)[1].replace(b'"12.50"', b'"1,250.00"')),
        message(5, coupon={"code": "X", "percent": 10}),
        ("6", message(6)[1].replace(b'"12.50"', b"12.505")),
        ("7", message(7)[1].replace(b'"12.50"', b"1234567890123456.789")),
    )
    result = orders.run()
    rows = {row["event_id"][-1]: row for row in orders.lake.rows(TABLE)}
    assert {key: str(row["order_total"]) for key, row in rows.items() if key != "1"} == {
        "2": "9007199254740993.07",
        "3": "12.50",
        "5": "12.50",
    }
    assert result.reasons["type:order_total"] == 3
    assert result.unmapped == {"coupon": 1}
    assert json.loads(rows["5"]["_unmapped"]["coupon"]) == {"code": "X", "percent": 10}


@pytest.mark.parametrize(
    "fails",
    [
        pytest.param("quarantine", marks=pytest.mark.heavy),
        "table",
        pytest.param("after both", marks=pytest.mark.heavy),
    ],
)
def test_a_crash_between_the_writes_of_a_batch_loses_and_doubles_nothing(
    orders: Orders, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    orders.put(*(message(number) for number in range(20)))
    orders.run()
    orders.put(*(message(number) for number in range(20, 40)), ("bad", b"no JSON"))
    append = stream.append_batch
    calls = iter(["quarantine", "table"])

    def dies(*arguments: object) -> None:
        call = next(calls)
        if call == fails:
            raise RuntimeError("the machine is gone")
        append(*arguments)  # type: ignore[arg-type]
        if call == "table":
            raise RuntimeError("the machine is gone")

    monkeypatch.setattr(stream, "append_batch", dies)
    with pytest.raises(SourceError, match="broke off"):
        orders.run()
    monkeypatch.setattr(stream, "append_batch", append)
    orders.run()
    assert orders.ids() == {f"EVT-{number:06d}": 1 for number in range(40)}
    assert set(orders.places().values()) == {1}
    assert sum(orders.places().values()) == 41


@pytest.mark.heavy
@pytest.mark.parametrize("many", [stream.MANY_MESSAGES, 1])
def test_a_broker_that_is_killed_in_the_midst_of_it(
    orders: Orders, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(stream, "MANY_MESSAGES", many)
    monkeypatch.setattr(stream, "_MESSAGES_A_BATCH", 300)
    orders.put(*(message(number) for number in range(1500)))
    orders.broker.produce(orders.topic, [("bad", b"no JSON")] * 7)
    append, killed = stream.append_batch, threading.Event()

    def append_and_kill(*arguments: object) -> None:
        append(*arguments)  # type: ignore[arg-type]
        if not killed.is_set() and orders.there() > 0:  # the first batch is in bronze
            orders.broker.kill()
            killed.set()

    monkeypatch.setattr(stream, "append_batch", append_and_kill)
    running = Background(orders.run)
    until(lambda: killed.is_set() or running.over, "the broker is killed")
    assert 0 < orders.there() < 1500
    orders.broker.start()
    running.join()
    if running.error is not None:  # then the next run takes the rest
        assert isinstance(running.error, SourceError)
        orders.run()
    assert orders.ids() == {f"EVT-{number:06d}": 1 for number in range(1500)}
    assert len(orders.lake.rows(QUARANTINE)) == 7
    assert set(orders.places().values()) == {1}
    assert orders.run().rows_read == 0


@pytest.mark.heavy
def test_a_continuous_stream_takes_what_comes_also_behind_a_dead_broker(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_EVERY", "1 second")
    orders.put(*(message(number) for number in range(30)))
    running = Background(lambda: orders.run(trigger="continuous"))
    until(lambda: orders.there() == 30, "what was there is in bronze")
    orders.broker.kill()
    orders.broker.start()  # which takes longer than the stream's second
    orders.put(*(message(number) for number in range(30, 70)))
    until(lambda: orders.there() == 70, "what came later is in bronze")
    assert not running.over
    (query,) = orders.lake.spark.streams.active
    query.stop()
    running.join()
    assert running.result is not None
    assert running.result.rows_written == 70
    assert orders.ids() == {f"EVT-{number:06d}": 1 for number in range(70)}


def test_messages_that_the_topic_has_thrown_away_unread_are_told(orders: Orders) -> None:
    from confluent_kafka import TopicPartition
    from confluent_kafka.admin import AdminClient

    orders.broker.produce(orders.topic, [message(number) for number in range(20)], partition=0)
    orders.run()
    orders.broker.produce(orders.topic, [message(number) for number in range(20, 40)], partition=0)
    admin = AdminClient({"bootstrap.servers": orders.broker.bootstrap_servers})
    for deleted in admin.delete_records([TopicPartition(orders.topic, 0, 30)]).values():
        deleted.result(timeout=300)
    with pytest.raises(SourceError, match="broke off"):
        orders.run()
    assert orders.there() == 20


@pytest.mark.heavy
def test_a_topic_that_was_written_into_files_does_as_well(lake: Lake) -> None:
    def deliver(date: str, *values: bytes) -> None:
        folder = lake.folder / "landing" / "kafka" / "orders" / date
        folder.mkdir(parents=True)
        lines = [
            {
                "topic": "orders",
                "partition": 1,
                "offset": number,
                "timestamp": f"{date}T23:59:59Z",
                "value": text,
            }
            for number, text in enumerate(value.decode() for value in values)
        ]
        (folder / "orders.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))

    def take() -> DatasetResult:
        return run(lake.context(JOB, "2026-01-05")).outputs[0]

    deliver("2026-01-05", message(1)[1], b"", message(1)[1])
    deliver("2026-01-06", message(2)[1])
    result = take()
    assert result.reasons == {"malformed": 1, "duplicate:event_id": 1}
    assert result.warnings[0].startswith("kafka_orders_bronze: 2 of 4 messages break the contract")
    assert take().rows_read == 0
    deliver("2026-01-07", message(3)[1])
    assert take().rows_written == 1
    rows = lake.rows(TABLE)
    assert {(row["event_id"], row["_offset"], str(row["ingest_date"])) for row in rows} == {
        ("EVT-000001", 2, "2026-01-05"),
        ("EVT-000002", 0, "2026-01-06"),
        ("EVT-000003", 0, "2026-01-07"),
    }
