"""`make build`: run dbt build, publish its marts if every model is made and all tests passed, and say what came of it.

Usage: python -m warehouse.build [--unit-tests yes] [--connector NAME --source PLACE] [arguments of dbt build]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from warehouse.addresses import shown
from warehouse.boards.render import redraw, remove_boards
from warehouse.connectors import ConnectorError, add_options, land_source
from warehouse.dbt_plugin import WarehouseError, landing_folder, make_folder_of
from warehouse.dbt_run import read_run
from warehouse.erase import finish_erasures
from warehouse.erasures import Erasures, ErasuresError
from warehouse.land import MODULES
from warehouse.land import main as land
from warehouse.landing import LandingError, inspect_folder
from warehouse.personal_data import contacts_found, left_out
from warehouse.places import home, lead_dbt
from warehouse.progress import show
from warehouse.publishing import NotPublishedError, plainly, publish
from warehouse.quality import GateError, check_landing, check_marts, check_staging, read_history, stop_or_say
from warehouse.settings import SettingsError, check_vars, read_environment
from warehouse.summary import summarise
from warehouse.unread_files import landing_warnings
from warehouse.versions import Versions
from warehouse.written_anew import compact

# with -m Python would warn at every build: the package has imported that module already
DBT = (sys.executable, "-c", "from dbt.cli.main import cli; cli(prog_name='dbt')")


def main(arguments: list[str]) -> int:
    """Build, publish and report, from the project's root. Returns the exit code: 0 when all was published, else 1."""
    os.chdir(home())
    lead_dbt()
    own, arguments = _own_options().parse_known_args(arguments)
    given, _ = _options().parse_known_args(arguments)
    # unit tests look at the project and its settings, not at the data of a load, and take as long as all models do;
    # of an exposure or a saved query there is nothing to build
    excluded = "exposure saved_query" if own.unit_tests == "yes" else "exposure saved_query unit_test"
    os.environ.setdefault("DBT_EXCLUDE_RESOURCE_TYPES", excluded)
    try:
        settings = read_environment()
        check_vars(given.vars)
        if report := land_source(own, given.vars):
            print("\n".join(report.lines()), flush=True)
            settings = read_environment()
    except (SettingsError, ConnectorError, LandingError) as error:
        print(error)
        return 1
    if given.target != "duckdb":
        return land([given.target]) or _dbt_build(arguments)
    warehouse, published, pages = settings.warehouse, settings.published, settings.target / "quality"

    def gate(draft: Path) -> list[str]:
        return stop_or_say(check_marts(draft, pages / "marts"))

    clock, started = time.monotonic(), datetime.now(UTC)
    try:
        make_folder_of(warehouse)
        folder = landing_folder()
        history = read_history(warehouse.with_suffix(".landing_history.json"), settings.landing_name)
        warnings = [*finish_erasures(warehouse, published), *([history.problem] if history.problem else [])]
        erasures = Erasures.beside(warehouse)
        warnings += stop_or_say(check_landing(folder, history, pages / "landing", erasures))
        with contextlib.suppress(LandingError):  # dbt says so, and why
            warnings += landing_warnings(folder, inspect_folder(folder))
        # dbt checks the landing folder and that nobody has the warehouse, then builds; in a process of its own, so that
        # it has let go of the warehouse when it ends
        ended = _dbt_build(arguments)
        run = read_run(settings.target, started)
        if run is None or (ended != 0 and not run.problems):
            raise NotPublishedError(
                f"dbt was killed (signal {-ended})" if ended < 0 else "dbt could not build; why is said above"
            )
        try:
            findings, volumes = check_staging(warehouse, run.made, history, pages / "staging")
        except duckdb.Error as error:
            raise NotPublishedError(plainly(error, warehouse)) from error
        warnings += [*stop_or_say(findings), *run.warnings]
        publication = publish(run, warehouse, published, settings.versions_kept, gate)
    except (NotPublishedError, GateError, WarehouseError, ErasuresError, LandingError, KeyboardInterrupt) as error:
        print(f"\nNothing was published{f', {published} is as it was' if published.exists() else ''}:")
        print("\n".join(f"  - {reason}" for reason in (str(error) or "the build was interrupted").splitlines()))
        print(_where_the_log_is())
        return 1
    with contextlib.suppress(OSError, duckdb.Error):  # published it is, whatever becomes of these
        history.remember(volumes)  # the next build compares itself with the builds before
        if given_back := compact(warehouse):
            print(f"{warehouse} was written anew without its free blocks: {given_back / 1e6:,.0f} MB less.")
    print(
        f"\nBuilt {run.built} models and seeds, passed {run.passed_tests} tests, in {time.monotonic() - clock:.0f} s. "
        f"{_where_the_log_is()}\n"
    )
    landing = "the demo business (simulated)" if settings.is_demo else shown(os.environ["RAW_DATA_DIR"])
    if settings.draws_boards:
        warnings += redraw(published)
    else:
        remove_boards(published)
    warnings += [*contacts_found(warehouse), *left_out(warehouse)]
    before = Versions(published).kept()[-2:-1]
    previous = before[0] / published.name if before else None
    print(summarise(published, publication, warehouse, landing, pages, warnings, previous))
    return 0


def _where_the_log_is() -> str:
    return f"The whole log of dbt: {Path(os.environ.get('DBT_LOG_PATH') or 'logs') / 'dbt.log'}"


def _own_options() -> argparse.ArgumentParser:
    """The options that dbt build does not have."""
    options = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    options.add_argument("--unit-tests", default="no", choices=["yes", "no"])
    add_options(options)
    return options


def _options() -> argparse.ArgumentParser:
    """The options of dbt build that are read here too."""
    options = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    options.add_argument("--vars", default="")
    options.add_argument("--target", "-t", default="duckdb", choices=["duckdb", *MODULES])
    return options


def _dbt_build(arguments: list[str]) -> int:
    dbt = _start_dbt(["--log-format", "json", "--no-use-colors", *arguments])
    try:
        show(dbt.stdout, sys.stdout)
        return dbt.wait()
    except BaseException:
        dbt.kill()
        raise


def _start_dbt(arguments: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen([*DBT, "build", *arguments], stdout=subprocess.PIPE, text=True, errors="replace")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
