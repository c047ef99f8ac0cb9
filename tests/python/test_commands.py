"""Commands that fork are to a test what fresh processes are: output, exit code, environment and death."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import commands


def test_output_and_exit_code_are_the_commands():
    run = commands.run("-c", "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)", env={})
    assert (run.returncode, run.stdout, run.stderr) == (3, "out\n", "err\n")


def test_an_exception_is_an_exit_code_and_is_shown():
    run = commands.run("-c", "1 / 0", env={})
    assert run.returncode == 1 and "ZeroDivisionError" in run.stderr


def test_arguments_environment_and_folder_are_those_given():
    code = "import json, os, sys; print(json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]))"
    run = commands.run("-c", code, "one", "two words", env={"A": "b"})
    assert json.loads(run.stdout) == [["one", "two words"], {"A": "b"}, str(commands.PROJECT)]


def test_one_command_leaves_nothing_to_the_next():
    change = "import os, sys, warehouse; warehouse.changed = 1; os.environ['CHANGED'] = '1'; sys.path.clear()"
    assert commands.run("-c", change, env={}).returncode == 0
    look = "import os, sys, warehouse; print(hasattr(warehouse, 'changed'), dict(os.environ), bool(sys.path))"
    assert commands.run("-c", look, env={}).stdout == "False {} True\n"


def test_each_command_is_a_process_of_its_own():
    pids = [commands.run("-c", "import os; print(os.getpid())", env={}).stdout for _ in range(2)]
    assert len({f"{os.getpid()}\n", *pids}) == 3


def test_a_dbt_that_is_killed_says_so_to_its_build():
    code = f"""
import os, signal, sys
sys.path.append({str(Path(__file__).parent)!r})
import commands
commands._dbt = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)
print(commands._dbt_in_a_fork()([]).wait())
"""
    assert commands.run("-c", code, env={}).stdout == "-9\n"


def test_a_command_that_is_killed_says_by_which_signal():
    running = commands.start("-c", "import time; print('here', flush=True); time.sleep(600)", env={})
    assert running.stdout.readline() == "here\n"
    running.kill()
    assert running.communicate() == ("", None)
    assert running.returncode == -signal.SIGKILL
    running.kill()  # it is gone: nothing happens
