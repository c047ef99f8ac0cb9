"""A real Spark cluster for the tests: standalone master, two workers and a Thrift server on loopback, from the wheel.

Every process is a child of the test and stopped by it. Tables, metastore and logs lie in a temporary folder.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from child_process import die_with_parent

WORKERS = 2
SECONDS_TO_START = 180
LOOPBACK = "127.0.0.1"

ZONE = "-XX:TieredStopAtLevel=1 -Duser.timezone=Asia/Kolkata"
SETTINGS = """
spark.ui.enabled                              false
spark.master.rest.enabled                     false
spark.executor.memory                         1g
spark.executor.cores                          1
spark.cores.max                               2
spark.sql.shuffle.partitions                  2
# compiling and replanning cost more than these few rows: a third of the time without
spark.sql.codegen.wholeStage                  false
spark.sql.adaptive.enabled                    false
# nobody looks at what ran before, and the plans of a thousand statements fill the driver
spark.sql.ui.retainedExecutions               5
spark.sql.thriftserver.ui.retainedStatements  5
spark.sql.maxPlanStringLength                 2000
spark.driver.bindAddress                      127.0.0.1
spark.driver.host                             127.0.0.1
# in a time zone of its own: the session's must not follow from it
spark.driver.extraJavaOptions                 {zone} -Dderby.system.home={home} -Djava.io.tmpdir={home}
spark.executor.extraJavaOptions               {zone}
spark.sql.catalogImplementation               hive
spark.sql.warehouse.dir                       {home}/warehouse
spark.hadoop.javax.jdo.option.ConnectionURL   jdbc:derby:;databaseName={home}/metastore;create=true
spark.hadoop.hive.server2.thrift.bind.host    127.0.0.1
spark.hadoop.hive.server2.thrift.port         {port}
"""
QUIET = """
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{HH:mm:ss} %p %c{1}: %m%n%ex
"""


@dataclass
class Cluster:
    """How to reach it, and its processes by name."""

    home: Path
    port: int
    master: str
    variables: dict[str, str]
    processes: dict[str, subprocess.Popen] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """The settings that profiles.yml and the landing read."""
        return {
            "SPARK_THRIFT_HOST": LOOPBACK,
            "SPARK_THRIFT_PORT": str(self.port),
            "SPARK_LANDING_DIR": str(self.home / "landing"),
        }

    def start(self, name: str, *command: object) -> None:
        with (self.home / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(
                [Path(self.variables["SPARK_HOME"]) / "bin" / "spark-class", *map(str, command)],
                cwd=self.home,
                env=self.variables,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def start_worker(self, name: str) -> None:
        self.start(name, "org.apache.spark.deploy.worker.Worker", "--host", LOOPBACK, "--webui-port", 0,
                   "--cores", 1, "--memory", "2g", "--work-dir", self.home / name, self.master)  # fmt: skip

    def kill(self, name: str) -> None:
        """As a machine dies: the process and its executors, without a word."""
        os.killpg(self.processes[name].pid, signal.SIGKILL)
        self.processes[name].wait()

    def log(self, name: str) -> str:
        return (self.home / f"{name}.log").read_text(encoding="utf-8", errors="replace")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running_cluster(further_settings: str = "") -> Iterator[Cluster]:
    """Start the cluster, with lines of spark-defaults.conf on top of SETTINGS, and stop it at the end."""
    spark_home = Path(importlib.util.find_spec("pyspark").origin).parent
    with tempfile.TemporaryDirectory(prefix="spark-", ignore_cleanup_errors=True) as folder:
        home, master_port, thrift_port = Path(folder), free_port(), free_port()
        conf = home / "conf"
        conf.mkdir()
        (conf / "spark-defaults.conf").write_text(
            SETTINGS.format(home=home, port=thrift_port, zone=ZONE) + further_settings
        )
        (conf / "log4j2.properties").write_text(QUIET)
        variables = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "HADOOP_"))},
            "SPARK_HOME": str(spark_home),
            "SPARK_CONF_DIR": str(conf),
            "SPARK_LOCAL_IP": LOOPBACK,
            "SPARK_LOCAL_DIRS": str(home / "scratch"),
            # the Thrift server is a daemon too: it has this instead of spark.driver.memory (the others need little)
            "SPARK_DAEMON_MEMORY": "3g",
            "SPARK_DAEMON_JAVA_OPTS": "-XX:TieredStopAtLevel=1",
        }
        cluster = Cluster(home, thrift_port, f"spark://{LOOPBACK}:{master_port}", variables)
        try:
            cluster.start("master", "org.apache.spark.deploy.master.Master", "--host", LOOPBACK, "--port", master_port,
                          "--webui-port", 0)  # fmt: skip
            _wait_for_port(cluster, "master", master_port)
            for number in range(1, WORKERS + 1):
                cluster.start_worker(f"worker-{number}")
            cluster.start("thrift", "org.apache.spark.deploy.SparkSubmit", "--master", cluster.master, "--class",
                          "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2", "spark-internal")  # fmt: skip
            _wait_for_port(cluster, "thrift", thrift_port)
            yield cluster
        finally:
            for process in reversed(cluster.processes.values()):
                _stop(process)


def _wait_for_port(cluster: Cluster, name: str, port: int) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while cluster.processes[name].poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
            return
        time.sleep(0.2)
    raise RuntimeError(f"Spark's {name} did not start:\n{cluster.log(name)[-4000:]}")


def _stop(process: subprocess.Popen) -> None:
    """The process and the executors it started: they share its session."""
    for stop, seconds in ((signal.SIGTERM, 20), (signal.SIGKILL, 20)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, stop)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            if stop == signal.SIGTERM:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            return
