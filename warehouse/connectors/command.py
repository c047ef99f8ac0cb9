"""What `make build` and `make doctor` do with CONNECTOR and SOURCE."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from warehouse.connectors.definition import ConnectorError, known_connectors, recognised
from warehouse.connectors.running import Report, write_landing
from warehouse.landing import readable
from warehouse.places import home
from warehouse.scratch import scratch
from warehouse.settings import vars_of


def add_options(options: argparse.ArgumentParser) -> None:
    """Let a command take a connector and its source."""
    options.add_argument("--connector", default="", help="a folder of connectors/")
    options.add_argument("--source", default="", help="folder or address of the system's tables")


def land_source(given: argparse.Namespace, dbt_vars: str, *, is_kept: bool = True) -> Report | None:
    """Write the landing folder of the connector that is named, and let RAW_DATA_DIR name it; None = none is named.

    Args:
        given: has `connector` and `source`.
        dbt_vars: argument of `--vars`.
        is_kept: the landing folder is written; otherwise one that goes with the process.

    Raises:
        ConnectorError: one of the two is missing or cannot be used. Nothing was written.
        LandingError: what has an address cannot be fetched.
    """
    if not (given.connector or given.source):
        return None
    known = ", ".join(known_connectors())
    if not given.connector:
        raise ConnectorError(f"SOURCE is named without CONNECTOR: say which system it is of, one of {known}")
    if not given.source:
        raise ConnectorError(f"CONNECTOR={given.connector} needs SOURCE: the folder or database of its tables")
    if os.environ.get("RAW_DATA_DIR"):
        raise ConnectorError("RAW_DATA_DIR and CONNECTOR both say what to build from: unset one of them")
    folder = _landing_folder(given.connector) if is_kept else Path(tempfile.mkdtemp(dir=scratch()))
    report = write_landing(given.connector, given.source, folder, vars_of(dbt_vars)["reporting_currency"])
    os.environ["RAW_DATA_DIR"] = str(folder)
    return report


def _landing_folder(connector: str) -> Path:
    given = os.environ.get("CONNECTOR_LANDING_DIR")
    return Path(given or home() / "landings" / connector).absolute()


def command_for(folder: Path) -> str:
    """What to start where a folder holds the tables of a system in place of the contract's; empty = it does not."""
    if (connector := recognised(folder)) is None:
        return ""
    return (
        f"this is an export of {connector.title}, and no landing folder: "
        f"make build CONNECTOR={connector.name} SOURCE={readable(folder)}"
    )
