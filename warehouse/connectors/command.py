"""What `make build` and `make doctor` do with CONNECTOR and SOURCE."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from warehouse.connectors.definition import ConnectorError, known_connectors, recognised
from warehouse.connectors.running import Report, write_landing
from warehouse.connectors.together import Together, put_together
from warehouse.landing import readable
from warehouse.places import home
from warehouse.scratch import scratch
from warehouse.settings import vars_of


def add_options(options: argparse.ArgumentParser) -> None:
    """Let a command take a connector and its source."""
    options.add_argument("--connector", default="", help="a folder of connectors/, or several")
    options.add_argument("--source", default="", help="folder or address of the tables, one for each connector")


def land_source(given: argparse.Namespace, dbt_vars: str, *, is_kept: bool = True) -> Report | Together | None:
    """Write the landing folder of the connectors that are named, and let RAW_DATA_DIR name it; None = none is named.

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
    names, sources = given.connector.split(), given.source.split()
    currency = vars_of(dbt_vars)["reporting_currency"]
    if len(names) == 1:
        folder = _landing_folder(names[0], is_kept=is_kept)
        report = write_landing(names[0], given.source, folder, currency)
    else:
        if len(names) != len(sources):
            raise ConnectorError(
                f"CONNECTOR names {len(names)} systems, and SOURCE {len(sources)} places: name one for each, in their "
                "order, without blanks in them"
            )
        folder = _landing_folder("+".join(names), is_kept=is_kept)
        reports = [
            write_landing(name, source, Path(tempfile.mkdtemp(dir=scratch())), currency)
            for name, source in zip(names, sources, strict=True)
        ]
        report = put_together(reports, folder)
    os.environ["RAW_DATA_DIR"] = str(folder)
    return report


def _landing_folder(name: str, *, is_kept: bool) -> Path:
    if not is_kept:
        return Path(tempfile.mkdtemp(dir=scratch()))
    given = os.environ.get("CONNECTOR_LANDING_DIR")
    return Path(given or home() / "landings" / name).absolute()


def command_for(folder: Path) -> str:
    """What to start where a folder holds the tables of a system in place of the contract's; empty = it does not."""
    if (connector := recognised(folder)) is None:
        return ""
    return (
        f"this is an export of {connector.title}, and no landing folder: "
        f"make build CONNECTOR={connector.name} SOURCE={readable(folder)}"
    )
