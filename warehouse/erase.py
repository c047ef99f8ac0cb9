"""`make erase CUSTOMER=...`: take one person out of the warehouse, the published file and its kept versions, for good.

The customer and its subscriptions get an anonymous id, so every total stays what it was; personal columns and free
text go, and so does what the quarantine kept of the rows. Each file is written anew and takes the old one's place when
nothing of the person is left in it: in a file that is only changed, what was deleted stays readable on the disk. The
customer stands on the list of erasures (warehouse/erasures.py) before the first file changes: a build does not bring it
back from the landing folder, and finishes what was broken off.

Usage: python -m warehouse.erase CUSTOMER_ID
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path

import duckdb

from warehouse.boards.render import redraw
from warehouse.disk import first_line, one_at_a_time, remove, replace_file
from warehouse.erasures import AMBIGUOUS_ID, Erasures, ErasuresError
from warehouse.landing import (
    RAW_SCHEMA,
    LandingError,
    contract_tables,
    inspect_folder,
    landing_statements,
    read_contract,
)
from warehouse.scratch import remove_abandoned
from warehouse.settings import SettingsError, read_environment
from warehouse.versions import ABOUT, Versions
from warehouse.written_anew import COPY, LEFTOVER, opened, quoted_name, written_anew

HASH_COLUMN = "email_key"
# What the quarantine keeps of a row, and what is left of it.
KEPT_TEXTS = {"raw_row": "{}", "line": ""}

# A longer address is another one; a full stop may end the sentence.
BEFORE_EMAIL = r"[^\pL\pN_.+%-]"
AFTER_EMAIL = r"($|[^\pL\pN_.-]|[.]$|[.][^\pL\pN])"


class EraseError(RuntimeError):
    """Nothing was erased in the file that the message names."""


@dataclass
class Person:
    """Everything by which a person is found: ids, and addresses that are nobody else's."""

    customer_id: str
    subscriptions: set[str] = field(default_factory=set)
    # ids of what is its own that are made of its id, such as an event's
    derived: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)

    @property
    def ids(self) -> list[str]:
        """The customer's id and those of what is its own."""
        return [self.customer_id, *sorted((self.subscriptions | self.derived) - {self.customer_id})]

    @property
    def telling(self) -> list[str]:
        """The ids that mean this person wherever they stand."""
        return [value for value in self.ids if not re.fullmatch(AMBIGUOUS_ID, value)]


@cache
def declared_columns(*kinds: str) -> frozenset[str]:
    """The columns that the contract declares personal, or free_text."""
    declared = (column for table in contract_tables() for column in table["columns"])
    return frozenset(
        column["name"] for column in declared if set(kinds) & column.get("config", {}).get("meta", {}).keys()
    )


def texts_to_remove(relation: str, columns: Iterable[str]) -> set[str]:
    """The columns of a stored table that nothing is left of: personal ones and free text.

    A name may be free text in one raw table and a code in another: the subject of a ticket, and of a survey the
    competitor that was rated. A table whose name ends with that of a raw table has its columns.
    """
    table = relation.rsplit(".", 1)[-1].strip('"')
    declared = declared_columns("personal", "free_text") | {HASH_COLUMN}
    for raw in read_contract():
        if table.endswith(raw.name):
            declared -= set(raw.columns) - set(raw.personal_columns)
    return declared & set(columns)


@cache
def own_ids() -> frozenset[str]:
    """The columns with ids of what is one customer's own: its subscriptions, events, invoices ..."""
    keys = {column for table in read_contract() if "customer_id" in table.columns for column in table.key}
    return frozenset({"subscription_id"} | {column for column in keys if column.endswith("_id")}) - {"customer_id"}


def stored_files(warehouse: Path, published: Path) -> list[Path]:
    """The warehouse, the published file and its kept versions, as far as they are there."""
    versions = sorted(published.parent.glob(f"{published.stem}_versions/*/{published.name}"))
    return [file for file in (warehouse, published, *versions) if file.exists()]


def erase(customer_id: str, warehouse: Path, published: Path, erasures: Erasures) -> tuple[dict[Path, int], list[str]]:
    """Erase a customer from every stored file and put it on the list of erasures.

    Returns:
        The values changed by file, and what could not be erased, a line each.
    """
    with _nobody_publishes(published):
        _clear_up(warehouse, published)
        problems = []
        with _collected(problems):
            _settle(warehouse)
        files = stored_files(warehouse, published)
        person = Person(customer_id)
        for step in (look_up, leave_to_others):
            for file in files:
                with _collected(problems):
                    step(person, file)
        erasures.add(customer_id, person.subscriptions | person.derived | person.emails, is_done=False)
        changed = {}
        for file in files:
            with _collected(problems):
                changed[file] = erase_from(file, person, erasures)
        for text in (warehouse.with_suffix(".landing_history.json"), *(file.with_name(ABOUT) for file in files)):
            with _collected(problems):
                _erase_from_text(text, person, erasures)
        if not problems:
            erasures.finish(erasures.hash(customer_id))
    return changed, list(dict.fromkeys(problems))


def finish_erasures(warehouse: Path, published: Path) -> list[str]:
    """Clear up after an erasure that was killed, and finish it. Returns what could not be erased, a line each."""
    erasures = Erasures.beside(warehouse)
    with _nobody_publishes(published):
        _clear_up(warehouse, published)
        unfinished = erasures.unfinished()
        problems: list[str] = []
        found = {customer: set() for customer in unfinished}
        for file in stored_files(warehouse, published) if unfinished else []:
            with _collected(problems):
                for customer_id in _customers(file, erasures, unfinished):
                    found[erasures.hash(customer_id)].add(customer_id)
    for customer, ids in found.items():
        for customer_id in ids:
            problems += erase(customer_id, warehouse, published, erasures)[1]
        if not ids and not problems:
            erasures.finish(customer)
    return list(dict.fromkeys(problems))


def _customers(file: Path, erasures: Erasures, hashes: list[str]) -> set[str]:
    """The customers of these hashes in a file."""
    wanted = ", ".join(f"'{value}'" for value in hashes)
    with _opened(file) as connection:
        return {
            customer_id
            for relation, columns in _tables(connection, file.stem).items()
            if "customer_id" in columns
            for (customer_id,) in connection.execute(
                f"select id from (select distinct {_id('customer_id')} as id from {relation}) "
                f"where sha256('{erasures.salt}' || id) in ({wanted})"
            ).fetchall()
        }


@contextlib.contextmanager
def _nobody_publishes(published: Path):
    """Alone with the stored files: a build that wants to publish waits, and is waited for."""
    if not published.parent.is_dir():
        yield
        return
    with one_at_a_time(published.parent):
        yield


@contextlib.contextmanager
def _collected(problems: list[str]):
    """What goes wrong with one file keeps nobody from erasing the others."""
    try:
        yield
    except EraseError as error:
        problems.append(str(error))


def _clear_up(warehouse: Path, published: Path) -> None:
    """Remove what an erasure or a build that was killed left of the person: half-written files, a draft, raw rows."""
    remove_abandoned()
    versions = Versions(published)
    if versions.folder.is_dir():
        with contextlib.suppress(OSError):
            versions.begin()
            versions.discard_draft()
    for file in stored_files(warehouse, published):
        if file != warehouse:  # whose spilled rows go when its log is read: _settle
            with contextlib.suppress(OSError):
                remove(file.with_name(f"{file.name}.tmp"))
    for folder in {warehouse.parent, published.parent, *versions.folder.glob("*")}:
        for leftover in folder.glob(f"{LEFTOVER}*") if folder.is_dir() else ():
            leftover.unlink(missing_ok=True)


def _settle(warehouse: Path) -> None:
    """Put what a killed build left in the write-ahead log into the file: it would not fit the file written anew."""
    spilled = warehouse.with_name(f"{warehouse.name}.tmp")
    log = _log(warehouse)
    if not warehouse.exists() or not (log.exists() or spilled.exists()):
        return
    try:
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute("checkpoint")
        remove(spilled)
    except (duckdb.Error, OSError) as error:
        raise EraseError(
            f"{warehouse}: what a killed build left in {log.name} cannot be read ({first_line(error)}). "
            f"Delete both and build anew, or close what has it open, then erase again."
        ) from error


def _log(file: Path) -> Path:
    return file.with_name(f"{file.name}.wal")


@contextlib.contextmanager
def _opened(file: Path):
    """A connection with the file, read-only, under the name by which its views know it."""
    try:
        with opened(file) as connection:
            yield connection
    except (duckdb.Error, OSError) as error:
        raise EraseError(f"{file}: {_plainly(error, file)}") from error


def _plainly(error: Exception, file: Path) -> str:
    if isinstance(error, OSError):
        return f"it cannot be written ({error.strerror}): give yourself the right to, then erase again"
    if holder := re.search(r"held in (?:.*/)?(.+?) \(PID (\d+)\)", str(error)):
        return f"it is in use by {holder[1]} (process {holder[2]}): wait until it is done or close it, then erase again"
    what = "the file" if file.parent.name.startswith(".") or "_versions" not in str(file.parent) else "its folder"
    return f"it cannot be read ({first_line(error)}): delete {what} if nobody needs it, then erase again"


def look_up(person: Person, file: Path) -> None:
    """Add to a person what the rows of a file say of it."""
    for column, values in _values(person.customer_id, file, is_person=True).items():
        if column == "subscription_id":
            person.subscriptions |= values
        elif column in declared_columns("personal"):
            person.emails |= {value for value in values if "@" in value}
        else:
            made_of_id = re.compile(rf"(?<![^\W_]){re.escape(person.customer_id)}(?![^\W_])")
            person.derived |= {value for value in values if made_of_id.search(value)}


def leave_to_others(person: Person, file: Path) -> None:
    """Take from a person what other customers have too: two may give one address."""
    of_others = _values(person.customer_id, file, is_person=False, among=person.derived | person.emails)
    for values in of_others.values():
        person.derived -= values
        person.emails -= {email for email in person.emails if email.lower() in values}


def _values(customer_id: str, file: Path, is_person: bool, among: set[str] | None = None) -> dict[str, set[str]]:
    """Ids and personal values in the rows of a customer, or of all others, by column; also in lower case, where asked
    for certain ones."""
    values: dict[str, set[str]] = {}
    listed = ", ".join(_literal(value.lower()) for value in among or ()) or "null"
    with _opened(file) as connection:
        for relation, columns in _tables(connection, file.stem).items():
            if "customer_id" not in columns:
                continue
            for column in columns:
                if column in declared_columns("personal") | own_ids():
                    is_wanted = "true" if among is None else f"lower({_id(column)}) in ({listed})"
                    found = connection.execute(
                        f"select distinct {_id(column)} from {relation} "
                        f"where {'' if is_person else 'not '}{_id('customer_id')} = ? "
                        f"and {_id(column)} <> '' and {is_wanted}",
                        [customer_id],
                    ).fetchall()
                    of_column = values.setdefault(column, set())
                    of_column.update(value for (value,) in found)
                    of_column.update(value.lower() for (value,) in found if among is not None)
    return values


def erase_from(file: Path, person: Person, erasures: Erasures) -> int:
    """Write the file anew without the person. Returns the number of values changed.

    Raises:
        EraseError: something of the person would be left, or the file cannot be read or written; it is as it was.
    """
    with _opened(file) as connection, written_anew(connection, file):
        changed = _anonymise(connection, person, erasures)
        if left := left_of(connection, COPY, person, erasures):
            raise EraseError(f"{file}: {', '.join(left)} would still hold the person; nothing was erased there")
    return changed


def _tables(connection: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, dict[str, str]]:
    """Columns and their types by stored table; views store nothing."""
    tables: dict[str, dict[str, str]] = {}
    for schema, table, column, data_type in connection.execute(
        "select c.schema_name, c.table_name, c.column_name, c.data_type from duckdb_columns() as c "
        "inner join duckdb_tables() as t on c.table_oid = t.table_oid and c.database_oid = t.database_oid "
        "where c.database_name = ?",
        [catalog],
    ).fetchall():
        tables.setdefault(f"{quoted_name(catalog)}.{quoted_name(schema)}.{quoted_name(table)}", {})[column] = data_type
    return tables


def _anonymise(connection: duckdb.DuckDBPyConnection, person: Person, erasures: Erasures) -> int:
    changed = 0
    connection.execute("create temp table new_ids (old_id varchar, new_id varchar)")
    connection.executemany("insert into new_ids values (?, ?)", [(old, erasures.new_id(old)) for old in person.ids])
    pairs = ", ".join(f"{_literal(old)}: {_literal(erasures.new_id(old))}" for old in person.ids)
    new_ids = f"map {{{pairs}}}"
    mentioned = _mentions(person.ids, person.emails)

    def update(relation: str, assignment: str, condition: str) -> None:
        nonlocal changed
        changed += connection.execute(f"update {relation} set {assignment} where {condition}").fetchone()[0]

    for relation, columns in _tables(connection, COPY).items():
        texts = {column for column, data_type in columns.items() if data_type == "VARCHAR"}
        of_person = f"{_id('customer_id')} = {_literal(person.customer_id)}" if "customer_id" in columns else "false"
        for column in KEPT_TEXTS.keys() & texts:
            condition = f"regexp_matches({column}, {mentioned}) or {of_person}"
            assignment = f"{column} = '{KEPT_TEXTS[column]}'"
            if "row_key" in columns:  # keys stay apart
                condition += f" or regexp_matches(row_key, {mentioned})"
                assignment += ", row_key = 'erased-' || rowid"
            update(relation, assignment, f"{column} is not null and ({condition})")
        for column in sorted(texts_to_remove(relation, columns)):
            update(relation, f"{quoted_name(column)} = null", f"{of_person} and {quoted_name(column)} is not null")
        # the customer's id last: by it the rows are found
        for column in sorted(texts - KEPT_TEXTS.keys(), key="customer_id".__eq__):
            value, ids = quoted_name(column), set(person.telling)
            if column == "customer_id":
                ids.add(person.customer_id)
            elif column == "subscription_id":
                ids |= person.subscriptions
            elif column in own_ids():
                ids |= person.derived
            listed = ", ".join(map(_literal, ids)) or "null"
            new_id = f"(select new_id from new_ids where old_id = {_id(column)})"
            update(relation, f"{value} = {new_id}", f"{_id(column)} in ({listed})")
            if column.endswith("_ids"):  # a list of ids as text
                items = f"string_split({value}, ', ')"
                new_items = f"list_transform({items}, lambda item: coalesce(map_extract({new_ids}, item)[1], item))"
                update(relation, f"{value} = array_to_string({new_items}, ', ')",
                       f"list_has_any({items}, map_keys({new_ids}))")  # fmt: skip
        for column, email in product(texts - KEPT_TEXTS.keys(), person.emails):
            pattern, value = _literal(rf"(?i)(^|{BEFORE_EMAIL}){re.escape(email)}{AFTER_EMAIL}"), quoted_name(column)
            # twice: two addresses may share the blank between them
            once = f"regexp_replace({value}, {pattern}, '\\1[e-mail]\\2', 'g')"
            update(relation, f"{value} = regexp_replace({once}, {pattern}, '\\1[e-mail]\\2', 'g')",
                   f"regexp_matches({value}, {pattern})")  # fmt: skip
        for column in texts - KEPT_TEXTS.keys() if person.telling else ():
            value, mentions = quoted_name(column), _mentions(person.telling, [])
            mentioning = connection.execute(
                f"select distinct {value} from {relation} where regexp_matches({value}, {mentions})"
            ).fetchall()
            for (text,) in mentioning:
                new_text = _literal(_without(text, person.telling, erasures))
                update(relation, f"{value} = {new_text}", f"{value} = {_literal(text)}")
    return changed


def left_of(connection: duckdb.DuckDBPyConnection, catalog: str, person: Person, erasures: Erasures) -> list[str]:
    """The tables that still hold the person. Whole rows are searched as text, whatever their columns and types are; ids
    that may mean something else only in columns of ids."""
    left = []
    telling = [*person.telling, *person.emails]
    for relation, columns in _tables(connection, catalog).items():
        conditions = []
        if telling:
            conditions.append(f"regexp_matches(cast(t as varchar), {_mentions(person.telling, person.emails)})")
        if "customer_id" in columns:
            conditions.append(f"{_id('customer_id')} = {_literal(person.customer_id)}")
        if "subscription_id" in columns:
            conditions += [f"{_id('subscription_id')} = {_literal(value)}" for value in person.subscriptions]
        rows = connection.execute(f"select count(*) from {relation} as t where {' or '.join(conditions) or 'false'}")
        if found := rows.fetchone()[0]:
            left.append(f"{relation.split('.', 1)[1]} ({found} rows)".replace('"', ""))
    return left


def _erase_from_text(file: Path, person: Person, erasures: Erasures) -> None:
    """What a build says of itself, and of what it found, may name an id."""
    if not file.exists():
        return
    try:
        text = file.read_text(encoding="utf-8")
        erased = _without(text, [*person.telling, *person.emails], erasures)
        if erased != text:
            mode = file.stat().st_mode & 0o7777
            replace_file(file, erased)
            file.chmod(mode)
    except (OSError, ValueError) as error:
        raise EraseError(f"{file}: it cannot be read or written: delete it, then erase again") from error


def _without(text: str, values: Iterable[str], erasures: Erasures) -> str:
    """The text with the anonymous id wherever it mentions one of the values."""
    for value in values:
        for spelling in _spellings([value]):
            text = re.sub(rf"(?<![\w-]){re.escape(spelling)}(?![\w-])", erasures.new_id(value), text)
    return text


def _spellings(values: Iterable[str]) -> list[str]:
    """The values as they are, and as they stand in JSON, in CSV and in a row as text."""
    return sorted(
        {
            spelling
            for value in values
            for spelling in (
                value,
                json.dumps(value, ensure_ascii=False)[1:-1],
                json.dumps(value)[1:-1],
                value.replace('"', '""'),
                value.replace("'", "\\'"),
                value.replace("'", "''"),
            )
        }
    )


def _mentions(ids: Iterable[str], emails: Iterable[str]) -> str:
    """A pattern, as SQL: one of them, but not within a longer word, id or address."""
    patterns = [rf"(^|[^\pL\pN_-])({'|'.join(words)})($|[^\pL\pN_-])"] if (words := _escaped(ids)) else []
    patterns += [rf"(?i)(^|{BEFORE_EMAIL})({'|'.join(words)}){AFTER_EMAIL}"] if (words := _escaped(emails)) else []
    return _literal("|".join(f"({pattern})" for pattern in patterns))


def _escaped(values: Iterable[str]) -> list[str]:
    return [re.escape(spelling) for spelling in _spellings(values)]


def _id(column: str) -> str:
    """SQL: a column as ids are compared: text without blanks around it."""
    return f"trim(cast({quoted_name(column)} as varchar))"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def still_landed(customer_id: str, folder: Path) -> list[str]:
    """The raw tables of the landing folder that hold the customer."""
    with duckdb.connect() as connection:
        try:
            landed = inspect_folder(folder)
            for statement in landing_statements(landed):
                connection.execute(statement)
            return [
                found.table.name
                for found in landed
                if "customer_id" in found.table.columns
                and connection.execute(
                    f"select count(*) from {RAW_SCHEMA}.{found.table.name} where {_id('customer_id')} = ?",
                    [customer_id],
                ).fetchone()[0]
            ]
        except (LandingError, duckdb.Error):
            return []


def main(arguments: list[str]) -> int:
    """Erase the customer of the command line. Returns the exit code."""
    customer_id = arguments[0].strip() if len(arguments) == 1 else ""
    if not customer_id:
        print("Name one customer: make erase CUSTOMER=its-customer-id")
        return 2
    try:
        customer_id.encode()
    except UnicodeEncodeError:
        print("The customer's id is no UTF-8, as ids in the warehouse are: nothing was erased. Look it up there.")
        return 2
    from warehouse.dbt_plugin import landing_folder

    try:
        settings = read_environment()
        erasures = Erasures.beside(settings.warehouse)
        changed, problems = erase(customer_id, settings.warehouse, settings.published, erasures)
    except (SettingsError, ErasuresError) as error:
        print(error)
        return 1
    try:
        landed = still_landed(customer_id, landing_folder())
    except LandingError as error:
        landed = []
        print(f"Whether the landing still holds the customer could not be seen. {error}")
    if not landed and not problems and not any(changed.values()):
        erasures.forget(customer_id)
        print(f"Neither a stored file nor the landing folder holds a customer {customer_id}.")
        return 1
    for file, values in changed.items():
        print(f"{file}: {values} values erased, none is left")
    if (settings.published.parent / "boards").exists():
        for warning in redraw(settings.published):
            print(warning)
    if landed:
        print(
            f"The landing folder still holds the customer ({', '.join(landed)}): builds leave it out, as long as it is "
            f"on the list {erasures.file}. Take it out there too: put {erasures.new_id(customer_id)} in place of its "
            "id, and nothing in its personal columns."
        )
    if problems:
        print("Not erased everywhere. Mend this, then erase again (the next build tries too):")
        print("\n".join(f"  - {problem}" for problem in problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
