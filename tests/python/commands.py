"""Starts the project's commands in processes that have imported everything already.

A fresh Python imports dbt, Great Expectations and lifetimes for some seven seconds, more than most commands then work.
Here one process per test process imports them once, and forks for each command: the command has a process, environment,
standard output and exit code of its own, as behind `python -m`, and can be killed. A `warehouse.build` that starts dbt
is given a fork too, and dbt is quick_dbt's.

What only a fresh process shows (what is imported, what a shell finds) needs subprocess; demo_build and the Makefile's
examples are such.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn, TextIO

import quick_dbt
import shared

PROJECT = Path(__file__).parents[2]
DBT = "dbt"
IMPORTED = (
    "dbt.cli.main", "dbt.task.build", "dbt.adapters.duckdb", "dbt.adapters.postgres", "great_expectations", "lifetimes",
    "warehouse.build", "warehouse.dbt_plugin", "warehouse.quality.expectations", "warehouse.demo_business",
)  # fmt: skip

cpu_seconds = 0.0  # of the commands that this process waited for
templates = Path()  # what dbt's processes leave each other of them


def run(name: str, *arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """As subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True).

    The name is that of a module of the project, DBT, or "-c" (the first argument is then the code).
    """
    with tempfile.TemporaryFile("w+") as stdout, tempfile.TemporaryFile("w+") as stderr:
        running = Running([name, *arguments], env, stdout.fileno(), stderr.fileno())
        running.wait()
        texts = [file.read() for file in (stdout, stderr) if not file.seek(0)]
    return subprocess.CompletedProcess(running.args, running.returncode, *texts)


def start(name: str, *arguments: str, env: Mapping[str, str]) -> Running:
    """As subprocess.Popen(command, cwd=PROJECT, env=env, stdout=PIPE, text=True, start_new_session=True)."""
    stdout, its_stdout = os.pipe()
    try:
        running = Running([name, *arguments], env, its_stdout, 2)
    finally:
        os.close(its_stdout)
    running.stdout = os.fdopen(stdout)
    return running


class Running:
    """A command that was started, with what the tests use of subprocess.Popen."""

    stdout: TextIO
    returncode: int

    def __init__(self, args: list[str], env: Mapping[str, str], stdout: int, stderr: int) -> None:
        self.args = args
        control, _ = _server()
        self._answers, its = Pipe()
        with its:
            socket.send_fds(control, [b"."], [its.fileno(), stdout, stderr])
        self._answers.send((args, dict(env)))
        self.pid = self._answers.recv()

    def wait(self) -> None:
        """Until it has ended."""
        global cpu_seconds
        self.returncode, used = self._answers.recv()
        cpu_seconds += used

    def communicate(self) -> tuple[str, None]:
        """What it writes until it has ended."""
        with self.stdout:
            written = self.stdout.read()
        self.wait()
        return written, None

    def kill(self) -> None:
        """Kill it and the processes that it started, if it has not ended."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


def stop() -> None:
    """End the process that forks, so that what it and the commands used is counted as this process's own."""
    if _server.cache_info().currsize:
        control, process = _server()
        control.close()
        process.wait()
        _server.cache_clear()


@functools.cache
def _server() -> tuple[socket.socket, subprocess.Popen]:
    ours, its = socket.socketpair()
    with its:
        command = [sys.executable, __file__, str(its.fileno()), str(shared.home() / "templates.marshal")]
        # a numeric library with threads of its own could not be forked safely
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environment, pass_fds=[its.fileno()], stdin=subprocess.DEVNULL
        )
    return ours, process


# -- in the process that forks


def serve(control: socket.socket) -> None:
    """Fork for each request, until nobody can ask any more."""
    children = set()
    while (request := socket.recv_fds(control, 1, 3))[1]:
        answers, stdout, stderr = request[1]
        if not (child := os.fork()):
            control.close()
            _fork_and_report(Connection(answers), stdout, stderr)
        children.add(child)
        for descriptor in request[1]:
            os.close(descriptor)
        children -= {child for child in children if os.waitpid(child, os.WNOHANG)[0]}
    for child in children:
        os.waitpid(child, 0)


def _fork_and_report(answers: Connection, stdout: int, stderr: int) -> NoReturn:
    args, environment = answers.recv()
    command = os.fork()
    if not command:
        os.setsid()
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        answers.send(os.getpid())
        answers.close()
        _become(lambda: _command(*args), environment)
    _, status, used = os.wait4(command, 0)
    answers.send((os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime))
    os._exit(0)


def _become(work: Callable[[], int], environment: dict[str, str]) -> NoReturn:
    """End this process as Python ends one, but for what the imported libraries do to threads that a fork has not."""
    os.environ.clear()
    os.environ.update(environment)
    code = 1
    try:
        code = work()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


def _command(name: str, *arguments: str) -> int:
    if name == DBT:
        return _dbt(*arguments)
    if name == "-c":
        code, *arguments = arguments
        sys.argv = [name, *arguments]
        return exec(code, {"__name__": "__main__"})
    module = importlib.import_module(name)
    if name == "warehouse.build":
        module._start_dbt = _dbt_in_a_fork()
    return module.main(list(arguments))


def _dbt(*arguments: str) -> int:
    from dbt.cli.main import cli

    sys.argv = [DBT, *arguments]
    quick_dbt.keep_templates(templates)
    return cli(prog_name=DBT)


def _dbt_in_a_fork() -> Callable[[list[str]], _Forked]:
    """Fork a dbt that waits for its arguments: now, since later this process has threads."""
    ours, its = Pipe()
    stdout, its_stdout = os.pipe()
    fork = os.fork()
    if not fork:
        ours.close()
        try:
            arguments, environment = its.recv()
        except EOFError:  # the build came to no dbt
            os._exit(0)
        os.dup2(its_stdout, 1)
        os.close(its_stdout)
        _become(lambda: _dbt("build", *arguments), environment)
    its.close()
    os.close(its_stdout)

    def start_it(arguments: list[str]) -> _Forked:
        ours.send((arguments, dict(os.environ)))
        return _Forked(fork, os.fdopen(stdout, errors="replace"))

    return start_it


@dataclass(frozen=True)
class _Forked:
    """A process of ours, with what warehouse.build uses of subprocess.Popen."""

    pid: int
    stdout: TextIO

    def wait(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.path[0] = str(PROJECT)  # as with -m
    for module in IMPORTED:
        importlib.import_module(module)
    logging.basicConfig(handlers=[], level=logging.WARNING, force=True)  # not as dbt set it for itself
    quick_dbt.quicken()
    gc.collect()
    gc.freeze()  # forks share what was imported: the collector would write to all of it
    gc.set_threshold(100_000, 50, 50)
    templates = Path(sys.argv[2])
    serve(socket.socket(fileno=int(sys.argv[1])))
