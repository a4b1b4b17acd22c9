"""A real Kafka broker: one node in KRaft mode, on free ports of loopback, which can be killed and come back."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path

import pyspark

_MEMORY = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]


class KafkaBroker:
    """One broker; its log stays in the folder, so that a killed one goes on where it was."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._settings = folder / "server.properties"
        self._process: subprocess.Popen[bytes] | None = None
        self._has_answered = False
        folder.mkdir(parents=True, exist_ok=True)
        self._settle()
        self._run(
            "kafka.tools.StorageTool", "format", "-t", uuid.uuid4().hex[:22], "-c", str(self._settings)
        ).wait()

    def _settle(self) -> None:
        """Choose the ports. A broker has to know its own before it binds them, so somebody else may be quicker: see
        `start`.
        """
        self._port, self._controller_port = _free_ports(2)
        folder = self._folder
        self._settings.write_text(
            "\n".join(
                [
                    "process.roles=broker,controller",
                    "node.id=1",
                    f"controller.quorum.voters=1@127.0.0.1:{self._controller_port}",
                    f"listeners=PLAINTEXT://127.0.0.1:{self._port},CONTROLLER://127.0.0.1:{self._controller_port}",
                    f"advertised.listeners=PLAINTEXT://127.0.0.1:{self._port}",
                    "controller.listener.names=CONTROLLER",
                    f"log.dirs={folder / 'log'}",
                    "offsets.topic.replication.factor=1",
                    "transaction.state.log.replication.factor=1",
                    "transaction.state.log.min.isr=1",
                    "group.initial.rebalance.delay.ms=0",
                    "auto.create.topics.enable=false",
                    # So that one that was killed is let in again soon.
                    "broker.session.timeout.ms=1500",
                    "broker.heartbeat.interval.ms=300",
                    # A killed broker has promised what it acknowledged; without this it may still be in memory alone.
                    "log.flush.interval.messages=1",
                ]
            )
            + "\n"
        )

    @property
    def bootstrap_servers(self) -> str:
        """For clients."""
        return f"127.0.0.1:{self._port}"

    def start(self, seconds: float = 300) -> KafkaBroker:
        """Start it, and wait until it answers. One that never did and ends is tried at other ports."""
        from confluent_kafka.admin import AdminClient

        self._process = self._run("kafka.Kafka", str(self._settings))
        deadline = time.monotonic() + seconds
        again = 0 if self._has_answered else 2
        while True:
            ended = self._process.poll() is not None
            if ended and again:
                again -= 1
                self._settle()
                self._process = self._run("kafka.Kafka", str(self._settings))
            elif ended or time.monotonic() > deadline:
                said = (self._folder / "broker.log").read_text()[-4000:]
                self.kill()
                raise RuntimeError(f"the Kafka broker did not start:\n{said}")
            try:
                client = AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0})
                client.list_topics(timeout=5)
            except Exception:
                time.sleep(0.2)
            else:
                self._has_answered = True
                return self

    def kill(self) -> None:
        """End it at once, as a lost machine does."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        self._process = None

    def create_topic(self, name: str, partitions: int = 1) -> None:
        """Make a topic."""
        from confluent_kafka.admin import AdminClient, NewTopic

        client = AdminClient({"bootstrap.servers": self.bootstrap_servers})
        for made in client.create_topics([NewTopic(name, partitions, 1)]).values():
            made.result(timeout=300)

    def produce(
        self, topic: str, messages: list[tuple[str | None, bytes | None]], partition: int = -1
    ) -> None:
        """Send messages (key, value), and wait until each is acknowledged."""
        from confluent_kafka import Producer

        failed: list[str] = []
        producer = Producer({"bootstrap.servers": self.bootstrap_servers, "acks": "all", "linger.ms": 5})
        for key, value in messages:
            producer.produce(
                topic,
                value=value,
                key=key,
                partition=partition,
                on_delivery=lambda error, _: failed.append(str(error)) if error else None,
            )
            producer.poll(0)
        if producer.flush(300) or failed:
            raise RuntimeError(f"not every message was taken: {failed[:3]}")

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        java = Path(os.environ["JAVA_HOME"]) / "bin" / "java"
        # spark-submit gives programs a pyspark in an archive, which has no jars beside it, and says where Spark is.
        spark = Path(os.environ.get("SPARK_HOME") or Path(pyspark.__file__).parent)
        scala = map(str, (spark / "jars").glob("scala-*.jar"))
        class_path = os.pathsep.join([os.environ["DATAPLAT_KAFKA_BROKER_JARS"], *scala])
        with (self._folder / "broker.log").open("ab") as log:
            return subprocess.Popen(
                [str(java), *_MEMORY, "-cp", class_path, *command], stdout=log, stderr=subprocess.STDOUT
            )


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()
