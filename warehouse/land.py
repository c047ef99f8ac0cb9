"""Land the raw tables on an engine that is not DuckDB: `python -m warehouse.land postgres`.

`make build TARGET=...` runs this before dbt. DuckDB lands inside `dbt build` (warehouse/dbt_plugin.py).
"""

from __future__ import annotations

import argparse
import importlib
import sys

from warehouse.dbt_plugin import landing_folder
from warehouse.erasures import Erasures, ErasuresError
from warehouse.landing import LandingError, inspect_folder
from warehouse.settings import SettingsError, read_environment

MODULES = {
    "postgres": "warehouse.landing_postgres",
    "spark_session": "warehouse.landing_spark",
    "spark_cluster": "warehouse.landing_spark",
}


def main(arguments: list[str]) -> int:
    """Land RAW_DATA_DIR on the target of the command line; 1 with a message when that cannot be."""
    parser = argparse.ArgumentParser(prog="python -m warehouse.land", description=__doc__)
    parser.add_argument("target", choices=["duckdb", *MODULES])
    target = parser.parse_args(arguments).target
    try:
        # whom a build must not bring back is left out here too
        landed = inspect_folder(landing_folder(), erasures=Erasures.beside(read_environment().warehouse))
        if target in MODULES:
            importlib.import_module(MODULES[target]).land(landed, target)
    except (ErasuresError, LandingError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
