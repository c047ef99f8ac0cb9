"""Fetch a landing that is no folder: a database, a web server or a bucket, through DuckDB, only to read.

RAW_DATA_DIR is then an address. What it holds is written to the scratch folder, once for a build and all its processes,
and goes with it; a build stores its raw tables. An address may hold a password, so DuckDB's messages are said without.
"""

from __future__ import annotations

import importlib.util
import os
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

import duckdb

from warehouse.addresses import EXTENSIONS, shown, without_secrets
from warehouse.file_formats import SUFFIXES, sql_text
from warehouse.landing import LandingError, read_contract
from warehouse.places import IS_INSTALLED
from warehouse.scratch import scratch

ATTACHED_AS = {"postgres_scanner": "postgres", "mysql_scanner": "mysql", "sqlite_scanner": "sqlite", "": "duckdb"}
FETCHED = "FETCHED_LANDING"  # of the environment: what the process that started this one has fetched, and where
FILES_OF_SERVERS = (".parquet", *SUFFIXES)
S3_SECRET = {
    "key_id": "AWS_ACCESS_KEY_ID",
    "secret": "AWS_SECRET_ACCESS_KEY",
    "session_token": "AWS_SESSION_TOKEN",
    "region": "AWS_REGION",
}


@cache
def fetched(address: str, tables: tuple[str, ...] = ()) -> Path:
    """A folder with tables of an address, in the scratch folder.

    Args:
        address: one that EXTENSIONS knows.
        tables: their names in small letters; none: the raw tables.

    Raises:
        LandingError: it cannot be reached, or what reads it is not there.
    """
    known, _, place = os.environ.get(FETCHED, "").partition("\n")
    if not tables and known == shown(address) and Path(place).is_dir():
        return Path(place)
    folder = Path(tempfile.mkdtemp(dir=scratch()))
    print(f"Fetching the {'' if tables else 'raw '}tables from {shown(address)} ...", flush=True)
    wanted = tables or tuple(table.name for table in read_contract())
    parts = urlsplit(address)
    try:
        with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
            connection.execute("set TimeZone = 'UTC'")
            _load(connection, parts.scheme)
            if EXTENSIONS[parts.scheme] == "httpfs":
                _fetch_files(connection, parts, folder, wanted)
            else:
                _fetch_tables(connection, address, parts, folder, wanted)
    except duckdb.Error as error:
        reason = without_secrets(str(error).splitlines()[0], address)
        # no cause: a traceback would show the address
        raise LandingError(f"The landing {shown(address)} cannot be read: {reason}") from None
    if not tables:
        os.environ[FETCHED] = f"{shown(address)}\n{folder}"
    return folder


def _load(connection: duckdb.DuckDBPyConnection, scheme: str) -> None:
    """Load the extension that reads a scheme, of the wheel or of DuckDB's own folder."""
    name = EXTENSIONS[scheme]
    if not name:
        return
    wheel = importlib.util.find_spec(f"duckdb_extension_{name}")
    file = f"extensions/v{duckdb.__version__}/{name}.duckdb_extension"
    places = [f"'{Path(place) / file}'" for place in wheel.submodule_search_locations] if wheel else []
    for place in [*places, name]:
        try:
            connection.execute(f"load {place}")
        except duckdb.Error:
            continue
        return
    package = f"duckdb-extension-{name.replace('_', '-')}=={duckdb.__version__}"
    install = f"pip install {package}" if IS_INSTALLED else "make setup-addresses"
    raise LandingError(f"An address ({scheme}:) needs DuckDB's extension {name}: {install} adds it")


# -- tables of a database


def _fetch_tables(
    connection: duckdb.DuckDBPyConnection, address: str, parts: SplitResult, folder: Path, wanted: tuple[str, ...]
) -> None:
    """Copy the wanted tables, in any case, of the schema after # or of all."""
    kind = ATTACHED_AS[EXTENSIONS[parts.scheme]]
    target = unquote(parts.path) if kind in ("sqlite", "duckdb") else address.partition("#")[0]
    if kind in ("sqlite", "duckdb") and not Path(target).is_file():
        raise LandingError(f"The landing {shown(address)} is no file: write its whole path, {kind}:/data/landing.db")
    if kind == "sqlite":
        connection.execute("set sqlite_all_varchar = true")  # a column of SQLite holds values of any type
    if kind == "mysql":
        named = {"host": parts.hostname, "port": parts.port, "user": parts.username, "password": parts.password}
        named["database"] = parts.path.strip("/")
        given = ", ".join(f"{name} {sql_text(unquote(str(value)))}" for name, value in named.items() if value)
        connection.execute(f"create secret (type mysql, {given})")
        target = ""
    connection.execute(f"attach {sql_text(target)} as landing (type {kind}, read_only)")
    there = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'landing' union select schema_name, "
        "view_name from duckdb_views() where database_name = 'landing' and not internal order by all"
    ).fetchall()
    for table in wanted:
        found = [(schema, name) for schema, name in there if name.lower() == table and parts.fragment in ("", schema)]
        if len(found) > 1:
            places = ", ".join(f"{schema}.{name}" for schema, name in found)
            raise LandingError(
                f"The landing {shown(address)} has {table} more than once ({places}): name the schema, as in "
                f"{shown(address).partition('?')[0]}#{found[0][0]}"
            )
        for schema, name in found:
            relation = f'landing."{schema}"."{name}"'
            file = sql_text(str(folder / f"{table}.parquet"))
            connection.execute(f"copy (from {relation}) to {file} (format parquet)")


# -- files of a server


def _fetch_files(
    connection: duckdb.DuckDBPyConnection, parts: SplitResult, folder: Path, wanted: tuple[str, ...]
) -> None:
    base = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
    query = f"?{parts.query}" if parts.query else ""
    if parts.scheme == "s3":
        _know_bucket(connection)
        for name, is_table in _listed(connection, base, wanted):
            if is_table:
                _download(connection, f"{base}/{name}", folder / name)
            elif "/" not in name:
                (folder / name).touch()  # its name may be said to be like a table's
        return
    if parts.username:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        basic = b64encode(user.encode()).decode()
        connection.execute(f"create secret (type http, extra_http_headers map {{'Authorization': 'Basic {basic}'}})")
    # a web server does not say what it holds: the first of the formats that is there
    for table in wanted:
        for suffix in FILES_OF_SERVERS:
            if _download(connection, f"{base}/{table}{suffix}{query}", folder / f"{table}{suffix}"):
                break


def _know_bucket(connection: duckdb.DuckDBPyConnection) -> None:
    """Give DuckDB the keys and the server of the environment, under the names that every tool of S3 knows."""
    given = {name: os.environ.get(variable) for name, variable in S3_SECRET.items()}
    given["region"] = given["region"] or os.environ.get("AWS_DEFAULT_REGION")
    if endpoint := os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"):
        server = urlsplit(endpoint)
        given |= {"endpoint": server.netloc, "url_style": "path", "use_ssl": str(server.scheme == "https").lower()}
    options = ", ".join(f"{name} {sql_text(value)}" for name, value in given.items() if value)
    connection.execute(f"create secret (type s3{', ' + options if options else ''})")


def _listed(connection: duckdb.DuckDBPyConnection, base: str, wanted: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    """The files of a bucket below an address, and whether each is a table or a part of one."""
    for (file,) in connection.execute(f"select file from glob({sql_text(base + '/**')}) order by 1").fetchall():
        name = file.removeprefix(base).lstrip("/")
        if name and ".." not in name.split("/"):
            yield name, name.split("/")[0].split(".")[0].lower() in wanted


def _download(connection: duckdb.DuckDBPyConnection, address: str, file: Path) -> bool:
    """Write a file as it is; False = there is none."""
    draft = file.with_name("draft")  # of a name that ends in .gz DuckDB would pack the content
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection.execute(
            f"copy (select content from read_blob({sql_text(address)})) to {sql_text(str(draft))} (format blob)"
        )
    except duckdb.HTTPException as error:
        draft.unlink(missing_ok=True)
        if "404" in str(error):
            return False
        raise
    draft.rename(file)
    return True
