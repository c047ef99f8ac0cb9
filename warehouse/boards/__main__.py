"""`make boards`: draw the boards of the published file. Usage: python -m warehouse.boards."""

from __future__ import annotations

import os
import sys
import time

import duckdb

from warehouse.boards.entries import BoardError
from warehouse.boards.render import render_boards
from warehouse.places import home
from warehouse.settings import SettingsError, read_environment


def main() -> int:
    """Draw the boards, from the project's root. Returns the exit code."""
    os.chdir(home())
    started = time.monotonic()
    try:
        overview = render_boards(read_environment().published)
    except (BoardError, SettingsError, duckdb.Error, OSError) as error:
        print(error)
        return 1
    print(f"{overview}: drawn in {time.monotonic() - started:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
