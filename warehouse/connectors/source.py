"""Find the tables of a system in a folder or behind an address, and read them as text, each row used or set aside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.addresses import is_address, shown
from warehouse.connectors.definition import SYNCED_AT, Connector, ConnectorError, SourceTable, Way
from warehouse.fetched_landing import fetched
from warehouse.file_formats import sql_text
from warehouse.landing import UNREADABLE_LINES, LandedTable, LandingError, examine_folder, landing_statements

SENT_TWICE, NO_ROW = "sent twice", "a line that is no row"


@dataclass(frozen=True)
class Source:
    """Where the tables of a system lie: by table the files in which it was found."""

    name: str  # as it may be shown
    connector: Connector
    landed: dict[str, LandedTable]

    def choose_way(self) -> Way:
        """The best way of which all needed tables are there.

        Raises:
            ConnectorError: there is none; the message says what each lacks.
        """
        lacks = {}
        for way in self.connector.ways:
            missing = [name for name in way.needs if name not in self.landed]
            if not missing:
                return way
            lacks[way] = missing
        raise ConnectorError(
            f"{self.name} does not hold what a way of {self.connector.title} needs. It needs one of\n"
            + "\n".join(f"  - {way.title}: missing {', '.join(missing)}" for way, missing in lacks.items())
        )

    def check(self, way: Way) -> None:
        """Raises ConnectorError where a table of the way lacks columns that it cannot do without."""
        problems = []
        for table in self.connector.tables_of(way):
            if table.name in self.landed and (missing := table.missing(self.landed[table.name].columns)):
                spelt = [" or ".join(table.columns[column]) for column in missing]
                problems.append(f"  - {table.name}: missing columns {', '.join(spelt)}")
        if problems:
            raise ConnectorError(f"{self.name} cannot be read as {self.connector.title}:\n" + "\n".join(problems))


def find_source(connector: Connector, source: str) -> Source:
    """Look for the tables of a connector.

    Args:
        source: folder, or address as RAW_DATA_DIR may be one.

    Raises:
        ConnectorError: it is no folder, or a table cannot be read.
        LandingError: what has the address cannot be fetched.
    """
    names = tuple(name for table in connector.tables.values() for name in table.names)
    folder = fetched(source, names) if is_address(source) else Path(source).absolute()
    if not folder.is_dir():
        raise ConnectorError(
            f"SOURCE is '{source}', which is no folder: name the folder or database of {connector.title}"
        )
    landed, problems = {}, {}
    for table in connector.tables.values():
        found, wrong = examine_folder(folder, table.as_raw())
        problems |= wrong
        there = [place for place in found if place.kind != "absent"]
        if there:
            landed[table.name] = there[0]
    if problems:
        lines = "\n".join(f"  - {table}: {problem}" for table, problem in problems.items())
        raise ConnectorError(f"{shown(source)} cannot be read as {connector.title}:\n{lines}")
    return Source(shown(source), connector, landed)


def read_source(connection: duckdb.DuckDBPyConnection, source: Source, way: Way) -> None:
    """Make, of every table of the connector, `source.<table>` (its columns as text; empty where it is not there) and,
    of those that the way reads, `rows.<table>` (with `set_aside`, null = used) and `used.<table>`.

    Raises:
        ConnectorError: a file cannot be read.
    """
    try:
        for statement in landing_statements(list(source.landed.values())):
            connection.execute(statement)
    except (duckdb.Error, LandingError) as error:
        raise ConnectorError(f"{source.name} cannot be read: {str(error).splitlines()[0]}") from error
    for schema in ("source", "rows", "used"):
        connection.execute(f"create schema {schema}")
    for table in source.connector.tables.values():
        connection.execute(f"create view source.{table.name} as {_as_text(connection, table, source)}")
    is_read = {table.name for table in source.connector.tables_of(way)}
    for table in source.connector.tables.values():
        used = f"select * from source.{table.name} where false"
        if table.name in is_read:
            connection.execute(f"create table rows.{table.name} as {_judged(table)}")
            used = f"select * exclude (set_aside) from rows.{table.name} where set_aside is null"
        connection.execute(f"create view used.{table.name} as {used}")


def _as_text(connection: duckdb.DuckDBPyConnection, table: SourceTable, source: Source) -> str:
    found = source.landed.get(table.name)
    if found is None:
        return "select " + ", ".join(f'cast(null as varchar) as "{name}"' for name in table.columns) + " where false"
    raw = f"raw.{found.table.name}"
    types = dict(row[:2] for row in connection.execute(f"describe {raw}").fetchall())
    columns = ", ".join(
        f'{_first_of(spellings, found.columns, types)} as "{name}"' for name, spellings in table.columns.items()
    )
    return f"select {columns} from {raw}"


def _first_of(spellings: tuple[str, ...], there: set[str], types: dict[str, str]) -> str:
    """The first spelling with a value, as text; JSON's null is none, and an empty text neither."""

    def text(spelling: str) -> str:
        head, _, path = spelling.lower().partition(".")
        is_nested = types[head].endswith("]") or types[head].startswith(("STRUCT", "MAP"))
        value = f'cast(to_json("{head}") as varchar)' if is_nested else f'cast("{head}" as varchar)'
        if path:
            pointer = sql_text("/" + path.replace(".", "/"))
            value = f"case when json_valid({value}) then {value} ->> {pointer} end"
        return f"nullif(nullif(trim({value}), ''), 'null')"

    values = [text(spelling) for spelling in spellings if spelling.split(".")[0].lower() in there]
    return f"coalesce({', '.join(values)})" if values else "cast(null as varchar)"


def _name(column: str) -> str:
    return f'"{column}"'


def _judged(table: SourceTable) -> str:
    """Every row, and why it is set aside: what it lacks, what the connector says, or a row of the same key."""
    reasons = [f"when {_name(column)} is null then 'no {column}'" for column in table.required]
    reasons += [f"when {condition} then {sql_text(reason)}" for reason, condition in table.set_aside.items()]
    judged = f"select *, case {' '.join(reasons)} end as set_aside" if reasons else "select *, null as set_aside"
    if not table.key:
        return f"{judged} from source.{table.name}"
    key = ", ".join(_name(column) for column in table.key)
    newest = f"{SYNCED_AT} desc nulls last, " if SYNCED_AT in table.columns else ""
    versions = f"partition by {key}, set_aside is null order by {newest}cast(judged as varchar) desc"
    return (
        f"with judged as ({judged} from source.{table.name}) select * replace (case when set_aside is not null "
        f"then set_aside when row_number() over ({versions}) > 1 then '{SENT_TWICE}' end as set_aside) from judged"
    )


def account_for(connection: duckdb.DuckDBPyConnection, source: Source, way: Way) -> None:
    """Make the tables of the input contract that say what became of every row: `source_tables` and `set_aside_rows`.

    What was read is counted in the files, and what was used where the SQL finds it, so that a row that is neither used
    nor set aside shows.
    """
    counted, parts = [], []
    for table in source.connector.tables_of(way):
        name = f"'{source.connector.name}.{table.name}'"
        key = table.key or table.required or tuple(table.columns)[:1]
        said = f"nullif(concat_ws(' ', {', '.join(_name(column) for column in key)}), '')"
        whose = "customer_id" if "customer_id" in table.columns else "null"
        parts.append(
            f"select {name} as source_table, set_aside as reason, {said} as source_key, {whose} as customer_id "
            f"from rows.{table.name} where set_aside is not null"
        )
        if found := source.landed.get(table.name):
            no_rows = f"from raw.{UNREADABLE_LINES} where raw_table = '{found.table.name}'"
            parts.append(f"select {name}, '{NO_ROW}', 'line ' || line_number, null {no_rows}")
            counted.append(
                f"select {name} as source_table, (select count(*) from raw.{found.table.name}) + "
                f"(select count(*) {no_rows}) as rows_read, (select count(*) from used.{table.name}) as rows_used"
            )
    connection.execute(f"create table source_tables as {' union all '.join(counted)}")
    numbered = "row_number() over (partition by source_table order by reason, source_key, customer_id) as row_of_table"
    connection.execute(f"create table set_aside_rows as select *, {numbered} from ({' union all '.join(parts)})")


def stale_tables(connection: duckdb.DuckDBPyConnection, source: Source, way: Way, days: int) -> Iterator[str]:
    """A sentence for each growing table whose newest row the loader brought long before the newest of all."""
    newest = {
        table.name: connection.execute(f"select max(as_time({SYNCED_AT})) from source.{table.name}").fetchone()[0]
        for table in source.connector.tables_of(way)
        if SYNCED_AT in table.columns
    }
    latest = max(filter(None, newest.values()), default=None)
    for name, moment in newest.items():
        if moment and source.connector.tables[name].grows and (age := (latest - moment).days) > days:
            yield (
                f"{name} was last loaded on {moment:%Y-%m-%d}, {age} days before the newest of the other tables: its "
                "loader may have stopped, and what happened since is not known"
            )
