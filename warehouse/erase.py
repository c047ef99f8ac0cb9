"""`make erase CUSTOMER=...`: take one person out of the warehouse, the published file and its kept versions.

The customer and its subscriptions get an anonymous id, so every total stays what it was; personal columns and free
text go, and so does what the quarantine kept of the rows. Each file is written anew and takes the old one's place when
nothing of the person is left in it: in a file that is only changed, what was deleted stays readable on the disk.

Usage: python -m warehouse.erase CUSTOMER_ID
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import yaml

from warehouse.landing import CONTRACT_FILE, RAW_SCHEMA, LandingError, inspect_folder, landing_statements
from warehouse.settings import SettingsError, read_environment

HASH_COLUMN = "email_key"
ID_COLUMNS = ("customer_id", "subscription_id")
# What the quarantine keeps of a row, and what is left of it.
KEPT_TEXTS = {"raw_row": "{}", "line": ""}


class EraseError(RuntimeError):
    """Nothing was erased in the file that the message names."""


@dataclass(frozen=True)
class Person:
    """Everything by which a person is found: ids with their anonymous ones, and personal values."""

    new_ids: dict[str, str]
    personal: frozenset[str]


def declared_columns(*kinds: str) -> set[str]:
    """The columns that the contract declares personal, or free_text."""
    source = yaml.safe_load(CONTRACT_FILE.read_text(encoding="utf-8"))["sources"][0]
    declared = (column for table in source["tables"] for column in table["columns"])
    return {column["name"] for column in declared if set(kinds) & column.get("config", {}).get("meta", {}).keys()}


def stored_files(warehouse: Path, published: Path) -> list[Path]:
    """The warehouse, the published file and its kept versions, as far as they are there."""
    versions = sorted(published.parent.glob(f"{published.stem}_versions/*/{published.name}"))
    return [file for file in (warehouse, published, *versions) if file.exists()]


def find_person(customer_id: str, files: Sequence[Path]) -> Person:
    """Look the person up in every file."""
    identifying = declared_columns("personal") | {HASH_COLUMN}  # a comment may be somebody else's too
    subscriptions, personal = set(), set()
    for file in files:
        with duckdb.connect(str(file), read_only=True) as connection:
            for relation, columns in _tables(connection, file.stem).items():
                if "customer_id" in columns:
                    wanted = [*({"subscription_id"} & columns.keys()), *(identifying & columns.keys())]
                    for column in wanted:
                        found = connection.execute(
                            f'select distinct cast("{column}" as varchar) from {relation} '
                            f'where cast(customer_id as varchar) = ? and "{column}" is not null',
                            [customer_id],
                        ).fetchall()
                        (subscriptions if column == "subscription_id" else personal).update(v for (v,) in found)
    ids = [customer_id, *sorted(subscriptions - {customer_id})]
    return Person({old: f"erased-{secrets.token_hex(8)}" for old in ids}, frozenset(personal - {""}))


def erase_from(file: Path, person: Person) -> int:
    """Write the file anew without the person. Returns the number of values changed.

    Raises:
        EraseError: something of the person would be left, or the file is in use; the file is as it was.
    """
    fresh = file.with_name(f".erasing_{os.getpid()}_{file.name}")
    try:
        with duckdb.connect() as connection:
            connection.execute(f'attach {_text(file)} as "{file.stem}" (read_only)')
            connection.execute(f"attach {_text(fresh)} as fresh (storage_version 'v1.0.0')")
            connection.execute(f'copy from database "{file.stem}" to fresh')
            changed = _anonymise(connection, person)
            if left := _left(connection, person):
                raise EraseError(f"{file}: {', '.join(left)} would still hold the person; nothing was erased there")
            connection.execute("detach fresh")
        os.replace(fresh, file)
        return changed
    except duckdb.Error as error:
        raise EraseError(f"{file}: {str(error).splitlines()[0]}") from error
    finally:
        for leftover in (fresh, fresh.with_name(f"{fresh.name}.wal")):
            leftover.unlink(missing_ok=True)


def _tables(connection: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, dict[str, str]]:
    """Columns and their types by stored table; views store nothing."""
    tables: dict[str, dict[str, str]] = {}
    for schema, table, column, data_type in connection.execute(
        "select c.schema_name, c.table_name, c.column_name, c.data_type from duckdb_columns() as c "
        "inner join duckdb_tables() as t on c.table_oid = t.table_oid and c.database_oid = t.database_oid "
        "where c.database_name = ?",
        [catalog],
    ).fetchall():
        tables.setdefault(f'"{catalog}"."{schema}"."{table}"', {})[column] = data_type
    return tables


def _anonymise(connection: duckdb.DuckDBPyConnection, person: Person) -> int:
    changed = 0
    ids = list(person.new_ids)
    connection.execute("create temp table new_ids (old_id varchar, new_id varchar)")
    connection.executemany("insert into new_ids values (?, ?)", list(person.new_ids.items()))

    def update(relation: str, assignment: str, condition: str, parameters: list) -> None:
        nonlocal changed
        changed += connection.execute(f"update {relation} set {assignment} where {condition}", parameters).fetchone()[0]

    for relation, columns in _tables(connection, "fresh").items():
        for column in KEPT_TEXTS.keys() & columns.keys():
            of_person = f"list_has_any({_words(column)}, ?)"
            if "row_key" in columns:  # keys stay apart
                of_person = f"({of_person} or list_has_any(string_split(row_key, '|'), ?))"
                assignment = f"{column} = '{KEPT_TEXTS[column]}', row_key = 'erased-' || rowid"
                update(relation, assignment, of_person, [[*ids, *person.personal], ids])
            else:
                update(relation, f"{column} = '{KEPT_TEXTS[column]}'", of_person, [[*ids, *person.personal]])
        if "customer_id" in columns:
            for column in (declared_columns("personal", "free_text") | {HASH_COLUMN}) & columns.keys():
                update(relation, f'"{column}" = null', f'customer_id = ? and "{column}" is not null', [ids[0]])
        for column in set(ID_COLUMNS) & columns.keys():
            new_id = f"(select new_id from new_ids where old_id = {column})"
            update(relation, f"{column} = {new_id}", f"{column} in (select old_id from new_ids)", [])
    return changed


def _words(column: str) -> str:
    return f"regexp_extract_all({column}, '[^\\s\",;|{{}}]+')"


def _left(connection: duckdb.DuckDBPyConnection, person: Person) -> list[str]:
    """The columns that still hold an id or a personal value: every text column of every table is searched."""
    left = []
    for relation, columns in _tables(connection, "fresh").items():
        for column, data_type in columns.items():
            if data_type != "VARCHAR":
                continue
            is_kept = column in KEPT_TEXTS or column == "row_key"
            ids = person.new_ids if is_kept or column.endswith("_id") else ()
            values = _words(column) if is_kept else f'["{column}"]'
            found = connection.execute(
                f"select count(*) from {relation} where list_has_any({values}, ?)", [[*person.personal, *ids]]
            ).fetchone()[0]
            for value in person.personal if not found else ():
                if "@" in value:
                    found += connection.execute(
                        f'select count(*) from {relation} where contains("{column}", ?)', [value]
                    ).fetchone()[0]
            if found:
                left.append(f"{relation}.{column}".removeprefix('"fresh".').replace('"', ""))
    return left


def still_landed(customer_id: str, folder: Path) -> list[str]:
    """The raw tables of the landing folder that hold the customer."""
    with duckdb.connect() as connection:
        try:
            landed = inspect_folder(folder)
            for statement in landing_statements(landed):
                connection.execute(statement)
        except (LandingError, duckdb.Error):
            return []
        return [
            found.table.name
            for found in landed
            if "customer_id" in found.table.columns
            and connection.execute(
                f"select count(*) from {RAW_SCHEMA}.{found.table.name} where cast(customer_id as varchar) = ?",
                [customer_id],
            ).fetchone()[0]
        ]


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def main(arguments: list[str]) -> int:
    """Erase the customer of the command line. Returns the exit code."""
    if len(arguments) != 1 or not arguments[0]:
        print("Name one customer: make erase CUSTOMER=its-customer-id")
        return 2
    from warehouse.dbt_plugin import landing_folder

    customer_id = arguments[0]
    try:
        settings = read_environment()
        files = stored_files(settings.warehouse, settings.published)
        person = find_person(customer_id, files)
        changed = {file: erase_from(file, person) for file in files}
    except SettingsError as error:
        print(error)
        return 1
    except (EraseError, duckdb.Error) as error:
        print(f"Not erased. {str(error).splitlines()[0]}")
        return 1
    if not any(changed.values()):
        print(f"No stored file holds a customer {customer_id}.")
        return 1
    for file, values in changed.items():
        print(f"{file}: {values} values erased, none is left")
    if landed := still_landed(customer_id, landing_folder()):
        print(
            f"The landing folder still holds the customer ({', '.join(landed)}): the next full build brings it back. "
            f"Put {person.new_ids[customer_id]} in place of its id there, and nothing in its personal columns."
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
