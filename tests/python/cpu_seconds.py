"""pytest --cpu-seconds: what each file of tests costs, the processes that it started included.

Seconds on the clock depend on what else the machine does; seconds of CPU hardly do.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import commands
import pytest


def cpu_seconds() -> float:
    """Of this process and of those that it started and waited for, so far; also of those that commands.py started."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system + commands.cpu_seconds


class CpuSeconds:
    """Sets cpu_seconds of each report; adds them up by file at the end."""

    def __init__(self) -> None:
        self.before = 0.0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self) -> None:
        self.before = cpu_seconds()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Iterator[None]:
        report = yield
        now = cpu_seconds()
        report.cpu_seconds, self.before = now - self.before, now
        return report

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        cpu, wall, tests = Counter(), Counter(), Counter()
        for report in (report for reports in terminalreporter.stats.values() for report in reports):
            if hasattr(report, "cpu_seconds"):
                file = report.nodeid.partition("::")[0]
                cpu[file] += report.cpu_seconds
                wall[file] += report.duration
                tests[file] += report.when == "call"
        terminalreporter.section("CPU seconds by file")
        for file, seconds in cpu.most_common():
            terminalreporter.line(f"{seconds:8.1f} s CPU {wall[file]:8.1f} s  {file} ({tests[file]} tests)")
        terminalreporter.line(f"{cpu.total():8.1f} s CPU {wall.total():8.1f} s  all ({tests.total()} tests)")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cpu-seconds", action="store_true", help="print the CPU seconds of each file of tests")


def pytest_sessionfinish() -> None:
    """Wait for the process that started commands, so that who waits for the tests counts it too (time make test)."""
    commands.stop()


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--cpu-seconds"):
        config.pluginmanager.register(CpuSeconds())
