"""The list of erasures: whom a build must not bring back, although the landing folder still holds it.

It lies beside the warehouse (`warehouse.erasures.json`), for its owner alone, and outlives the warehouse. It holds no
id and no address, only their hashes under a salt of its own, and their lengths, which spare the hashing of most values.
The anonymous id of an erased one follows from the salt too, so it is the same in every file and at every build.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from warehouse.disk import replace_file

if TYPE_CHECKING:
    from warehouse.landing import RawTable

PREFIX = "erased-"
# An id of a few letters or of digits alone may mean anything: only where ids stand is it the person.
AMBIGUOUS_ID = r"[A-Za-z0-9_]{0,3}|[0-9]*"
NOTHING = r"[^\x{0}-\x{10ffff}]"  # a pattern that nothing matches


class ErasuresError(RuntimeError):
    """The list cannot be read. The message says what to do."""


@dataclass
class Erasures:
    """Whom to leave out. `values` are the hashes of ids and addresses with their lengths; `customers` those of the
    customers, with whether each is erased from every stored file."""

    file: Path
    salt: str = field(default_factory=lambda: secrets.token_hex(32))
    customers: dict[str, bool] = field(default_factory=dict)
    values: dict[str, int] = field(default_factory=dict)

    @classmethod
    def beside(cls, warehouse: Path) -> Erasures:
        """The list of a warehouse; an empty one where there is none.

        Raises:
            ErasuresError: the file is no list of erasures.
        """
        file = warehouse.with_suffix(".erasures.json")
        if not file.exists():
            return cls(file)
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
            return cls(file, found["salt"], dict(found["customers"]), dict(found["values"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ErasuresError(
                f"The list of erasures {file} cannot be read, so erased customers would come back. Restore it, or "
                "delete it and erase them anew."
            ) from error

    def hash(self, value: str) -> str:
        """The hash by which the list knows a value."""
        return hashlib.sha256(f"{self.salt}{value}".encode()).hexdigest()

    def new_id(self, value: str) -> str:
        """The anonymous id in place of an id."""
        return self._new_id(self.hash(value))

    def _new_id(self, hashed: str) -> str:
        return PREFIX + hashlib.sha256(f"{self.salt} new {hashed}".encode()).hexdigest()[:16]

    def add(self, customer_id: str, values: set[str], is_done: bool) -> None:
        """Put a customer on the list, with the ids and addresses that are its own, and write the list."""
        self.customers[self.hash(customer_id)] = is_done
        self.values |= {self.hash(value): len(value) for value in {customer_id, *values}}
        self._write()

    def forget(self, customer_id: str) -> None:
        """Nobody has heard of the customer: take it off the list."""
        self.customers.pop(self.hash(customer_id), None)
        self.values.pop(self.hash(customer_id), None)
        self._write()

    def unfinished(self) -> list[str]:
        """The hashes of customers whose erasure was broken off."""
        return [customer for customer, is_done in self.customers.items() if not is_done]

    def finish(self, customer: str) -> None:
        """The customer of this hash is erased everywhere."""
        self.customers[customer] = True
        self._write()

    def _write(self) -> None:
        content = {"salt": self.salt, "customers": self.customers, "values": self.values}
        replace_file(self.file, json.dumps(content, indent=1) + "\n")

    # -- the same in SQL

    def leave_out(self, select: str, table: RawTable, is_text: bool) -> str:
        """A query of a raw table's rows, without what is personal in the rows of the erased.

        An id or an address of theirs goes from other rows too: there columns have moved.

        Args:
            select: gives the contract's columns of the table.
            table: the raw table.
            is_text: whether every column is text, so that any may hold what stood in another.
        """
        columns = ", ".join(f"{self._column(column, table, is_text)} as {column}" for column in table.columns)
        is_erased = f"coalesce({self._hashed(_text('customer_id'))} in ({_listed(self.customers)}), false)"
        return f"select {columns} from (select *, {is_erased} as is_erased from ({select}))"

    def _column(self, column: str, table: RawTable, is_text: bool) -> str:
        text = _text(column)
        if column in table.personal_columns:
            return f"case when not is_erased then {column} end"
        is_ambiguous = f"regexp_full_match({text}, '{AMBIGUOUS_ID}')"
        condition = f"{self.is_listed(text)} and not {is_ambiguous}"
        if not is_text and column not in table.text_columns:
            return f"case when not (is_erased and {condition}) then {column} end"
        if column == "subscription_id":
            condition = f"is_erased or {self.is_listed(text)}"
        elif column == "customer_id":
            condition = f"is_erased or {condition}"
        elif column in table.key:
            made_of_id = f"'(^|[^\\pL\\pN])' || regexp_escape({_text('customer_id')}) || '($|[^\\pL\\pN])'"
            condition = f"is_erased and regexp_matches({text}, {made_of_id}) or {condition}"
        return (
            f"case when {text} <> '' and ({condition}) then {self.sql_new_id(text)} "
            f"when is_erased then {self._without_ids(column, table)} else cast({column} as varchar) end"
        )

    def _without_ids(self, column: str, table: RawTable) -> str:
        """SQL: a text in a row of an erased customer without its own ids, wherever in the text they stand."""
        text = f"cast({column} as varchar)"
        for own in ("customer_id", "subscription_id"):
            if own in table.columns:
                value = _text(own)
                mention = f"'(^|[^\\pL\\pN_-])' || regexp_escape({value}) || '($|[^\\pL\\pN_-])'"
                telling = (
                    f"case when {value} <> '' and not regexp_full_match({value}, '{AMBIGUOUS_ID}') then {mention} end"
                )
                for _ in range(2):  # two may share the blank between them
                    text = (
                        f"regexp_replace({text}, coalesce({telling}, '{NOTHING}'), "
                        f"'\\1' || coalesce({self.sql_new_id(value)}, '') || '\\2', 'g')"
                    )
        return text

    def unreadable_line(self, line: str) -> str:
        """SQL: the text of a line that is no row; empty when one of its fields is an erased id or address."""
        if not self.customers:
            return line
        quoted = f'regexp_extract_all({line}, \'"([^"]*)"\', 1)'
        of_csv, of_json = (f"regexp_split_to_array({line}, '{between}')" for between in (r"[,;|\t]", r"[]\[{}:,]"))
        fields = f"list_concat({of_csv}, {of_json}, {quoted})"
        listed = self.is_listed("trim(field, ' \"')")
        return f"case when len(list_filter({fields}, lambda field: {listed})) = 0 then {line} else '' end"

    def is_listed(self, text: str) -> str:
        """SQL: whether a text is an erased id or address."""
        lengths = ", ".join(str(length) for length in sorted(set(self.values.values())))
        return f"coalesce(length({text}) in ({lengths}) and {self._hashed(text)} in ({_listed(self.values)}), false)"

    def sql_new_id(self, text: str) -> str:
        """SQL: the anonymous id in place of a text."""
        return f"'{PREFIX}' || left(sha256('{self.salt} new ' || {self._hashed(text)}), 16)"

    def _hashed(self, text: str) -> str:
        return f"sha256('{self.salt}' || {text})"

    def still_landed(self, warehouse: Path) -> dict[str, int]:
        """The rows of erased customers by raw table, as the last build landed them: anonymous."""
        if not self.customers:
            return {}
        new_ids = _listed(self._new_id(customer) for customer in self.customers)
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            tables = connection.execute(
                "select table_name from duckdb_columns() where schema_name = 'raw' and column_name = 'customer_id' "
                "and not starts_with(table_name, 'new_') and not starts_with(table_name, 'unreported_') order by 1"
            ).fetchall()
            rows = {
                table: connection.execute(
                    f"select count(*) from raw.{table} where cast(customer_id as varchar) in ({new_ids})"
                ).fetchone()[0]
                for (table,) in tables
            }
        return {table: count for table, count in rows.items() if count}


def _listed(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def _text(column: str) -> str:
    return f"trim(cast({column} as varchar))"
