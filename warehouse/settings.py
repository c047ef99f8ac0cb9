"""Everything that can be set: what each setting may be, checked before anything is read or written.

The rules of the dbt vars stand beside their defaults in dbt_project.yml (`setting_rules`), those of the environment
here. Both are checked by the macros of check_settings.sql, which dbt runs itself on every engine.
"""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import pytz
import yaml

from warehouse.addresses import is_address, shown
from warehouse.places import PROJECT, home

DEMO_FOLDER = home() / "demo_business"
RULES_FILE = PROJECT / "macros" / "landing" / "check_settings.sql"

PORT = {"type": "integer", "at_least": 1, "at_most": 65535, "optional": True}
ENVIRONMENT: dict[str, dict] = {
    "RAW_DATA_DIR": {"type": "landing", "optional": True},  # none: the demo business
    "WAREHOUSE_PATH": {"type": "file", "default": "warehouse.duckdb"},  # as in profiles.yml
    "PUBLISHED_PATH": {"type": "file", "default": "published/marts.duckdb"},
    "DBT_TARGET_PATH": {"type": "folder", "default": "target"},
    "PUBLISHED_VERSIONS": {"type": "integer", "at_least": 1, "at_most": 1000, "default": "5"},
    "DUCKDB_MEMORY_LIMIT": {
        "type": "text",
        "pattern": r"[1-9][0-9]{2,8} ?M(i)?B|[1-9][0-9]{0,5}([.][0-9]{1,3})? ?[GT](i)?B",
        "use": "at least 100MB, such as 900MB or 4GB",
        "default": "900MB",  # as in profiles.yml
    },
    "BOARDS": {"type": "text", "pattern": "yes|no", "use": "yes or no", "default": "yes"},
    "EXPORT_LANGUAGE": {"type": "text", "pattern": "en|ar|fa", "use": "en, ar or fa", "default": "en"},
    "CONNECTOR_LANDING_DIR": {"type": "folder", "optional": True},
    # docs/engines.md
    "WAREHOUSE_SCHEMA": {
        "type": "text",
        "pattern": "[a-z][a-z0-9_]{0,29}",
        "use": "up to 30 small letters, digits and _, a letter first, such as ana",
        "default": "main",  # as in profiles.yml
    },
    "MARTS_READER": {
        "type": "text",
        "pattern": "[a-z][a-z0-9_]{0,62}",
        "use": "small letters, digits and _, a letter first, such as marts_reader",
        "optional": True,
    },
    "PGPORT": PORT,
    "SPARK_THRIFT_PORT": PORT,
    "SPARK_LANDING_DIR": {"type": "folder", "optional": True},
    "SPARK_SESSION_DIR": {"type": "folder", "optional": True},
}

# Schemas, and names of DuckDB's own: a warehouse of that name would make `raw.customers` ambiguous.
NO_WAREHOUSE = {"raw", "staging", "intermediate", "marts", "seeds", "main", "system", "temp", "memory"}
NO_WAREHOUSE |= {"pg_catalog", "information_schema", "dbt_test__audit"}
VARS_WISH = "write it as '{as_of: 2025-06-30, reporting_currency: EUR}', with a blank after each colon"
DATABASE_NAME = re.compile(r"[^\W_][\w -]*([.]\w+)?")


class SettingsError(RuntimeError):
    """Settings that cannot be used: the message names each, what is wrong with it, and what to write."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(["Nothing was done. Please mend these settings:", *(f"  - {p}" for p in problems)]))
        self.problems = problems


@dataclass(frozen=True)
class Settings:
    """The environment's settings, checked. Paths are as they were written."""

    warehouse: Path
    published: Path
    target: Path
    landing: Path | None  # absolute; None = it is an address
    address: str  # of a landing that is fetched, perhaps with a password: never to be shown; '' = it is a folder
    is_demo: bool  # no landing folder was named
    versions_kept: int
    draws_boards: bool
    export_language: str
    marts_reader: str  # role on Postgres that reads the marts; '' = none

    @property
    def landing_name(self) -> str:
        """The landing folder or address, as it may be shown and stored."""
        return shown(self.address) if self.address else str(self.landing)


def read_environment() -> Settings:
    """The environment's settings; empty is as not set. Raises SettingsError, which names all that cannot be used."""
    values = {name: os.environ.get(name) or rule.get("default") for name, rule in ENVIRONMENT.items()}
    problems = [_problem(name, values[name], rule) for name, rule in ENVIRONMENT.items()]
    is_demo, given = not values["RAW_DATA_DIR"], values["RAW_DATA_DIR"] or ""
    address = given if is_address(given) else ""
    if not any(problems):
        settings = Settings(
            warehouse=Path(values["WAREHOUSE_PATH"]),
            published=Path(values["PUBLISHED_PATH"]),
            target=Path(values["DBT_TARGET_PATH"]),
            landing=DEMO_FOLDER if is_demo else None if address else Path(given).absolute(),
            address=address,
            is_demo=is_demo,
            versions_kept=int(values["PUBLISHED_VERSIONS"]),
            draws_boards=values["BOARDS"] == "yes",
            export_language=values["EXPORT_LANGUAGE"],
            marts_reader=values["MARTS_READER"] or "",
        )
        problems = list(_conflicts(settings))
    if any(problems):
        raise SettingsError(list(filter(None, problems)))
    return settings


def check_vars(given: str) -> None:
    """Check the argument of `--vars` (YAML), and the vars of dbt_project.yml. Raises SettingsError."""
    values, rules = vars_of(given), _defaults()["setting_rules"]
    problems = [_words(_macros().unknown_setting(name, list(rules))) for name in values if name not in rules]
    problems += [_problem(name, values.get(name), rule) for name, rule in rules.items()]
    if any(problems):
        raise SettingsError(list(filter(None, problems)))


def vars_of(given: str) -> dict[str, Any]:
    """The vars of dbt_project.yml, with those of an argument of `--vars` in their place. Raises SettingsError."""
    defaults = {name: value for name, value in _defaults().items() if name != "setting_rules"}
    return {**defaults, **_read_vars(given)}


def _defaults() -> dict[str, Any]:
    return yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]


def _read_vars(given: str) -> dict[str, Any]:
    if not given.strip():
        return {}
    try:
        try:
            values = yaml.safe_load(given)
        except ValueError:  # what looks like a time and is none, such as the 30th of February: then as it is written
            values = yaml.load(given, yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise SettingsError([f"--vars is not YAML ({_words(str(error))}): {VARS_WISH}"]) from error
    if not isinstance(values, dict):
        raise SettingsError([f"--vars is {given!r}, which names no setting: {VARS_WISH}"])
    return values


def _problem(name: str, value: Any, rule: Mapping) -> str:
    """What is wrong with a value and what to write instead; empty = it can be used."""
    if rule["type"] == "landing" and is_address(value or ""):
        return "" if value.isprintable() else f"{name} is an address with a character that cannot be shown"
    if rule["type"] in ("file", "folder", "landing"):
        return _path_problem(name, value)
    return _words(_macros().setting_problem(name, value, rule))


def _words(text: str) -> str:
    return " ".join(text.split())


@cache
def _macros() -> Any:
    """The macros of check_settings.sql, with what dbt lends them."""
    lent = {"modules": SimpleNamespace(re=re, datetime=datetime, pytz=pytz), "set": set, "zip": zip}
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)
    return environment.from_string(RULES_FILE.read_text(encoding="utf-8"), globals=lent).module


def _path_problem(name: str, text: str | None) -> str:
    """Why a path cannot be used, by itself; empty = it can, or is not set."""
    if not text:
        return ""
    if not text.isprintable():
        return f"{name} is {text!r}, which holds a character that cannot be shown: rename it"
    path, said = Path(text), f"{name} is '{shown(text)}', "
    if re.match(r"~|\w[\w+.-]*:", text):
        return f"{said}which is not a path on this machine: use one such as /data/{Path(shown(text)).name}"
    if above := next((folder for folder in path.parents if folder.exists() and not folder.is_dir()), None):
        return f"{said}but {above} is a file, not a folder: name another place"
    if ENVIRONMENT[name]["type"] in ("folder", "landing"):
        return f"{said}which is a file, where a folder is expected: name another" if path.is_file() else ""
    if path.is_dir():
        return f"{said}which is a folder, where a file is expected: use one such as {path / 'warehouse.duckdb'}"
    if not DATABASE_NAME.fullmatch(path.name):
        return (
            f"{said}a file name that DuckDB reads in more than one way: use letters, digits, blanks, - and _ with one "
            "ending, such as warehouse.duckdb"
        )
    if name == "WAREHOUSE_PATH" and (ends := re.search("[?#;]", text)):
        return f"{said}whose {ends[0]} dbt reads as the end of the path: use one without it"
    if name == "WAREHOUSE_PATH" and path.stem.lower() in NO_WAREHOUSE:
        return (
            f"{said}but {path.stem} is the name of a schema, and queries could not tell the two apart: use another, "
            "such as warehouse.duckdb"
        )
    return ""


def _conflicts(settings: Settings) -> Iterator[str]:
    """Why the paths cannot be used together."""
    warehouse, published = settings.warehouse.resolve(), settings.published.resolve()
    landing = settings.landing.resolve() if settings.landing else None
    if warehouse == published or (warehouse.exists() and published.exists() and warehouse.samefile(published)):
        yield (
            f"WAREHOUSE_PATH and PUBLISHED_PATH are one file ({settings.published}): publishing would replace the "
            "warehouse by its marts; name two"
        )
    written = {
        "WAREHOUSE_PATH": settings.warehouse,
        "PUBLISHED_PATH": settings.published,
        "DBT_TARGET_PATH": settings.target,
    }
    for name, path in written.items():
        if landing in (path.resolve(), *path.resolve().parents):
            yield (
                f"{name} ({path}) lies in the landing folder ({settings.landing}), which a build only reads: name a "
                "place outside it"
            )
    versions = published.with_name(f"{published.stem}_versions")
    if versions in warehouse.parents:
        yield (
            f"WAREHOUSE_PATH ({settings.warehouse}) lies in {versions.name}, where published versions are kept and "
            "removed: name a place outside it"
        )
