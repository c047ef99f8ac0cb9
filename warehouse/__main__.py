"""`retention-warehouse COMMAND`: what make does in a clone, for an installed package.

    build [--vars YAML] [--target NAME] [--unit-tests yes]   build, test and publish the warehouse
    doctor [--vars YAML]                                     say what is wrong with a landing folder, before any build
    build, doctor --connector NAME --source PLACE            the same from the tables of a billing system
    export [FOLDER] [MARTS]                                  write the published marts as CSV and workbooks
    metrics [METRICS PERIOD_AND_ATTRIBUTES [CONDITION]]      ask the semantic layer
    erase CUSTOMER                                           take one person out of everything stored
    publish-postgres                                         put the published marts into a Postgres database

docs/operations.md says what each does and which settings there are.
"""

from __future__ import annotations

import importlib
import sys

COMMANDS = ("build", "doctor", "export", "metrics", "erase", "publish-postgres")


def main(arguments: list[str] | None = None) -> int:
    """Run a command. Returns its exit code."""
    command, *rest = (sys.argv[1:] if arguments is None else arguments) or [""]
    if command not in COMMANDS:
        print(__doc__)
        return 0 if command in ("help", "--help", "-h") else 2
    return importlib.import_module(f"warehouse.{command.replace('-', '_')}").main(rest)


if __name__ == "__main__":
    sys.exit(main())
