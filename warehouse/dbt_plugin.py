"""What `dbt build` on DuckDB needs of Python: the demo business, and the landing folder's check and statements.

dbt-duckdb loads this module by profiles.yml. The check runs before the warehouse file is opened, so a landing folder
that cannot be built from leaves nothing behind.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection
from duckdb.sqltypes import VARCHAR

from warehouse.demo_business import write_demo_business
from warehouse.landing import LandingError, inspect_folder, landing_statements

PROJECT = Path(__file__).parents[1]
DEMO_FOLDER = PROJECT / "demo_business"


def landing_folder() -> Path:
    """RAW_DATA_DIR, absolute; unset or empty, the demo business, which is written at its first use."""
    named = os.environ.get("RAW_DATA_DIR")
    if named:
        return Path(named).absolute()
    if not DEMO_FOLDER.exists():
        print(f"Writing the demo business (simulated) to {DEMO_FOLDER.name}/ ...", flush=True)
        write_demo_business(DEMO_FOLDER)
    return DEMO_FOLDER


def landing_plan() -> str:
    """JSON {statements, problem} for the on-run-start hook: one of the two is empty."""
    try:
        return json.dumps({"statements": landing_statements(inspect_folder(landing_folder())), "problem": ""})
    except LandingError as error:
        return json.dumps({"statements": [], "problem": str(error)})


class Plugin(BasePlugin):
    """Gives the on-run-start hook the SQL function landing_plan()."""

    def initialize(self, plugin_config: dict) -> None:
        """Raises LandingError, which dbt shows as it is, when the landing folder cannot be built from."""
        inspect_folder(landing_folder())

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Register the function with every connection that dbt opens."""
        conn.create_function("landing_plan", landing_plan, [], VARCHAR, side_effects=True)
