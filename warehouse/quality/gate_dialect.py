"""DuckDB for Great Expectations, to read only.

Great Expectations reads a result after it has rolled back, which DuckDB's driver then finds empty. A reader needs no
transaction, so here beginning and ending one does nothing.
"""

from __future__ import annotations

from duckdb_engine import Dialect
from sqlalchemy.dialects import registry

from warehouse.disk import memory_limit

NAME = "duckdb_gate"
_opened = []


class GateDialect(Dialect):
    """The dialect of duckdb_engine without transactions, in UTC as the warehouse."""

    supports_statement_cache = False

    def connect(self, *arguments, **settings):
        """Return a connection in UTC that keeps to the memory limit."""
        connection = super().connect(*arguments, **settings)
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"set memory_limit = '{memory_limit()}'")
        _opened.append(connection)
        return connection

    def do_begin(self, dbapi_connection) -> None:
        """Nothing: see the module."""

    def do_commit(self, dbapi_connection) -> None:
        """Nothing: see the module."""

    def do_rollback(self, dbapi_connection) -> None:
        """Nothing: see the module."""


def close_connections() -> None:
    """Let go of every file: Great Expectations keeps its connections, and DuckDB its lock while there is one."""
    while _opened:
        _opened.pop().close()


registry.register(NAME, __name__, GateDialect.__name__)
