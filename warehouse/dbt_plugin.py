"""What `dbt build` on DuckDB needs of Python: the demo business, and the landing folder's check and statements.

dbt-duckdb loads this module by profiles.yml. The check runs before the warehouse file is opened, so a landing folder
that cannot be built from leaves nothing behind. dbt shows a RuntimeError as it is, any other error as a stack trace.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import re
from pathlib import Path

import duckdb
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection
from duckdb.sqltypes import VARCHAR

from warehouse.demo_business import write_demo_business
from warehouse.disk import first_line
from warehouse.erasures import Erasures, ErasuresError
from warehouse.fetched_landing import fetched
from warehouse.increments import EVENTS, BuildFacts, changed_files, plan_build
from warehouse.landing import LandedTable, LandingError, inspect_folder, landing_statements, rows_of_statement
from warehouse.publishing import published_build
from warehouse.settings import read_environment
from warehouse.unread_files import landing_warnings


def landing_folder() -> Path:
    """The landing folder; the demo business is written at its first use, and what has an address is fetched. Raises
    SettingsError, and LandingError where it cannot be fetched."""
    settings = read_environment()
    if settings.address:
        return fetched(settings.address)
    if settings.is_demo and not settings.landing.exists():
        print(f"Writing the demo business (simulated) to {settings.landing.name}/ ...", flush=True)
        write_demo_business(settings.landing)
    return settings.landing


def keyed_hash(value: str) -> str:
    """HMAC-SHA256 of a personal value under PERSONAL_DATA_KEY, in hexadecimal; case and blanks around do not matter."""
    key = os.environ["PERSONAL_DATA_KEY"].encode()
    return hmac.new(key, value.strip().lower().encode(), "sha256").hexdigest()


class WarehouseError(RuntimeError):
    """The warehouse file cannot be opened. The message says why and what to do."""


def make_folder_of(warehouse: Path) -> None:
    """Raises WarehouseError, in one sentence."""
    try:
        warehouse.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WarehouseError(
            f"The folder of the warehouse {warehouse} cannot be made ({error.strerror}): WAREHOUSE_PATH names it"
        ) from error


def try_warehouse(path: str, config: dict) -> None:
    """Open and close the warehouse file, whose folder is made where it is missing. It holds personal data, so only its
    owner may read it, and whatever else dbt writes: its write-ahead log, for one.

    Raises:
        WarehouseError: it cannot be opened, or is not whole. The message is one sentence.
    """
    make_folder_of(Path(path))
    os.umask(os.umask(0) | 0o077)
    try:
        with duckdb.connect(path, config=config) as connection:
            with contextlib.suppress(PermissionError):  # another's warehouse
                os.chmod(path, 0o600)
            if os.path.getsize(path) < _least_size(connection):
                raise WarehouseError(_damaged(path, "its end is missing"))
    except duckdb.Error as error:
        holder = re.search(r"held in (?:.*/)?(.+?) \(PID (\d+)\)", str(error))
        if holder:
            raise WarehouseError(
                f"The warehouse {path} is in use by {holder[1]} (process {holder[2]}): "
                "wait until it is done or close it, then build again."
            ) from error
        reason = first_line(error)
        if DAMAGE.search(reason):
            raise WarehouseError(_damaged(path, reason)) from error
        raise WarehouseError(f"The warehouse {path} cannot be opened; WAREHOUSE_PATH names it: {reason}") from error


# What DuckDB says of a file that was cut off, written over, or is none of its own.
DAMAGE = re.compile(r"not a valid DuckDB|could not read|corrupt|checksum|serializ|\bwal\b", re.IGNORECASE)
HEADER_BYTES = 3 * 4096


def _least_size(connection: DuckDBPyConnection) -> int:
    """The bytes that a database file must have for its blocks in use: free ones may lie behind its end."""
    block_bytes, blocks = connection.execute(
        "select block_size, used_blocks from pragma_database_size() where database_name = current_database()"
    ).fetchone()
    return HEADER_BYTES + block_bytes * blocks


def _damaged(path: str, reason: str) -> str:
    return (
        f"The warehouse {path} cannot be opened: {reason}. If it is a warehouse, it is damaged: remove it, and "
        f"{Path(path).name}.wal beside it, and the next build makes it anew from the landing folder; "
        "if it is another file, name another in WAREHOUSE_PATH"
    )


class Plugin(BasePlugin):
    """Gives dbt's hooks (macros/landing/, macros/increments/) their SQL functions, and the models keyed_hash(value)."""

    def initialize(self, plugin_config: dict) -> None:
        """Raises SettingsError, or LandingError when the landing folder cannot be built from. What has an address is
        fetched when it is landed, and not for every command of dbt."""
        is_folder = not read_environment().address
        self._landed: list[LandedTable] = inspect_folder(landing_folder()) if is_folder else []

    def update_connection_config(self, creds: DuckDBCredentials, config: dict) -> None:
        """dbt is about to open the warehouse. Raises WarehouseError when it cannot."""
        try_warehouse(creds.path, config)

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Register the functions with every connection that dbt opens."""
        for function, parameters in (
            (self.landing_plan, []),
            (self.build_plan, [VARCHAR]),
            (self.changed_files, [VARCHAR]),
            (self.published_build, []),
        ):
            conn.create_function(function.__name__, function, parameters, VARCHAR, side_effects=True)
        if os.environ.get("PERSONAL_DATA_KEY"):
            conn.create_function("keyed_hash", keyed_hash, [VARCHAR], VARCHAR)

    def landing_plan(self) -> str:
        """JSON: the statements that make schema raw and what to warn of, or why nothing can be built (`problem`)."""
        try:
            erasures = Erasures.beside(read_environment().warehouse)
            self._landed = inspect_folder(landing_folder(), erasures=erasures)
            warnings = landing_warnings(landing_folder(), self._landed)
            return json.dumps({"problem": "", "warnings": warnings, "statements": landing_statements(self._landed)})
        except (LandingError, ErasuresError) as error:
            return json.dumps({"problem": str(error)})

    def build_plan(self, facts: str) -> str:
        """JSON: what the build reads, and the statements that give it the new rows.

        Args:
            facts: BuildFacts as JSON.
        """
        plan = plan_build(self._landed, BuildFacts(**json.loads(facts)))
        landed = {found.table.name: found for found in self._landed}
        statements = [rows_of_statement(landed[EVENTS], plan.unreported, "unreported")]
        statements += [rows_of_statement(landed[table], files, "new") for table, files in plan.new_files.items()]
        return json.dumps(
            {
                "statements": statements,
                "is_increment": plan.is_increment,
                "because": plan.because,
                "reads": plan.reads,
                "state": plan.state,
            }
        )

    def changed_files(self, state: str) -> str:
        """JSON: names of the files that changed since the build that has this state began."""
        return json.dumps(changed_files(json.loads(state)))

    def published_build(self) -> str:
        """The dbt run whose marts are in the published file; empty = there is none, or nobody knows."""
        return published_build(read_environment().published) or ""
