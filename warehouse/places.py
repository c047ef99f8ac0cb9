"""Where the dbt project lies, and where a build writes what it is not told to write elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGED = Path(__file__).parent / "project"  # where pyproject.toml puts the dbt project in a package
IS_INSTALLED = PACKAGED.exists()
PROJECT = PACKAGED if IS_INSTALLED else Path(__file__).parents[1]


def home() -> Path:
    """The project's root; of an installed package, which nothing is written into, where a command is started."""
    return Path.cwd() if IS_INSTALLED else PROJECT


def lead_dbt() -> None:
    """Tell dbt where the project is and where to write, if it is not started from the project's root."""
    if IS_INSTALLED:
        places = {"DBT_PROJECT_DIR": PROJECT, "DBT_PROFILES_DIR": PROJECT, "DBT_TARGET_PATH": home() / "target"}
        for name, place in {**places, "DBT_LOG_PATH": home() / "logs"}.items():
            os.environ.setdefault(name, str(place))
