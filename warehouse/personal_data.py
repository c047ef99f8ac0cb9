"""What a build says of personal data: contacts where none should be, and erased customers that are still landed."""

from __future__ import annotations

from pathlib import Path

import duckdb

from warehouse.erasures import Erasures


def contacts_found(warehouse: Path) -> list[str]:
    """The columns that should hold no contact and do, a line each."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute("from intermediate.int_contacts_in_texts order by raw_table, column_name").fetchall()
    return [
        f"{table}.{column}: {rows:,} row{'s' * (rows != 1)} with an e-mail address"
        + (
            ", which is published, as ids are: land ids that are not personal"
            if is_published
            else " or a telephone, card or account number, which was redacted"
        )
        for table, column, is_published, rows in found
    ]


def left_out(warehouse: Path) -> list[str]:
    """What the list of erasures kept out of the last build, in a line."""
    erasures = Erasures.beside(warehouse)
    rows = ", ".join(f"{table} {count:,} rows" for table, count in erasures.still_landed(warehouse).items())
    if not rows:
        return []
    return [
        f"The landing folder still holds erased customers ({rows}). This build left out what is personal in them, as "
        f"the list {erasures.file} says; take them out there too"
    ]
