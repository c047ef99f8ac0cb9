"""The swap of the marts on a Postgres server: the draft schema takes the place of the old one, within a transaction.

What others built on the marts decides how:

- Their views are made anew on the new tables, in place: owner, rights and what depends on a view stay.
- The old tables are dropped without `cascade`, so whatever else depends on them refuses the publish, by its name.
- Dropping waits for whoever reads an old table in a transaction. So a transaction sees the old marts or the new ones,
  never both.
"""

from __future__ import annotations

import os
import time

import psycopg2
from psycopg2.extensions import cursor as Cursor

from warehouse.catalog import BUILT_BY
from warehouse.disk import first_line
from warehouse.postgres import ServerError

MARK = "Marts of the subscription retention warehouse: replaced at every publish."
# Who waits for a lock holds up those behind it: so a short while at a time. Shorter than Postgres' deadlock_timeout (a
# second), after which a reader would be the one to be stopped.
SECONDS_FOR_A_LOCK = 0.3
SECONDS_BETWEEN = 0.2
PATIENCE_SECONDS = 60.0


def check_is_ours(cursor: Cursor, schema: str) -> None:
    """Raise ServerError where the schema is there and another program's or another role's."""
    cursor.execute(
        "select obj_description(oid, 'pg_namespace'), pg_has_role(nspowner, 'usage'), nspowner::regrole::text "
        "from pg_namespace where nspname = %s",
        (schema,),
    )
    if not (found := cursor.fetchone()):
        return
    mark, is_ours, owner = found
    has = f"the database {os.environ['PGDATABASE']} has a schema {schema}"
    beside = "publish beside it, with WAREHOUSE_SCHEMA set to a name of yours"
    if not (mark or "").startswith(MARK):
        raise ServerError(f"{has} that was not published by this command: {beside}, or use a database of its own.")
    if not is_ours:
        raise ServerError(f"{has} that {owner} published: {beside}.")


def make_draft(cursor: Cursor, schema: str, draft: str, build: str) -> None:
    """Make the draft schema, which nobody else sees before the commit."""
    for name in (draft, _old(schema)):
        cursor.execute("select 1 from pg_namespace where nspname = %s", (name,))
        if cursor.fetchone():
            raise ServerError(f"the database {os.environ['PGDATABASE']} has a schema {name}, which is in the way: "
                              "rename it.")  # fmt: skip
    cursor.execute(f"create schema {draft}")
    cursor.execute(f"comment on schema {draft} is %s", (f"{MARK}\n\n{BUILT_BY}{build}",))


def keep_grants(cursor: Cursor, schema: str, draft: str) -> None:
    """Let whoever may read the old schema and its tables read the new ones of the same names."""
    cursor.execute(
        """
        select format(
            'grant usage on schema %%I to %%s', %(draft)s,
            case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end
        )
        from pg_namespace, aclexplode(nspacl)
        where nspname = %(schema)s and privilege_type = 'USAGE' and grantee <> nspowner
        union all
        select format(
            'grant select on %%I.%%I to %%s', %(draft)s, tables.relname,
            case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end
        )
        from pg_class as tables, aclexplode(tables.relacl)
        where
            tables.relnamespace = to_regnamespace(%(schema)s) and privilege_type = 'SELECT'
            and grantee <> tables.relowner
            and to_regclass(format('%%I.%%I', %(draft)s, tables.relname)) is not null
        """,
        {"schema": schema, "draft": draft},
    )
    for (grant,) in cursor.fetchall():
        cursor.execute(grant)


def swap(cursor: Cursor, schema: str, draft: str) -> tuple[str, ...]:
    """Put the draft in the old schema's place. Returns the views of others, which read the new tables from now on.

    Raises:
        ServerError: something depends on an old table and cannot follow, or somebody reads one for too long.
    """
    give_up = time.monotonic() + PATIENCE_SECONDS
    cursor.execute(f"set local lock_timeout = '{SECONDS_FOR_A_LOCK}s'")
    while True:
        cursor.execute("savepoint before_the_swap")
        try:
            return _swap(cursor, schema, draft)
        except psycopg2.errors.LockNotAvailable as error:
            cursor.execute("rollback to before_the_swap")
            if time.monotonic() > give_up:
                raise ServerError(
                    f"the old tables were in use for {PATIENCE_SECONDS:.0f} seconds{_users(cursor, schema)}. Run this "
                    "again when they have ended, or end one with select pg_terminate_backend(process)."
                ) from error
            time.sleep(SECONDS_BETWEEN)


def _swap(cursor: Cursor, schema: str, draft: str) -> tuple[str, ...]:
    tables = _tables(cursor, schema)
    if tables:
        cursor.execute(f"lock table {', '.join(tables)} in access exclusive mode")
    views = _views(cursor, schema)
    cursor.execute("select to_regnamespace(%s) is not null", (schema,))
    (is_there,) = cursor.fetchone()
    if is_there:
        cursor.execute(f"alter schema {schema} rename to {_old(schema)}")
    cursor.execute(f"alter schema {draft} rename to {schema}")
    _follow(cursor, views)
    if is_there:
        _drop(cursor, schema, [table.replace(schema, _old(schema), 1) for table in tables])
    return tuple(view for view, _ in views)


def _old(schema: str) -> str:
    return f"{schema}_old"


def _tables(cursor: Cursor, schema: str) -> list[str]:
    """Tables of the schema that were published; what else lies in it is not ours to drop."""
    cursor.execute(
        "select format('%%I.%%I', %(schema)s, relname) from pg_class where relnamespace = to_regnamespace(%(schema)s) "
        "and relkind = 'r' and position(%(mark)s in obj_description(oid, 'pg_class')) > 0 order by relname",
        {"schema": schema, "mark": BUILT_BY},
    )
    return [name for (name,) in cursor.fetchall()]


def _views(cursor: Cursor, schema: str) -> list[tuple[str, str]]:
    """Views outside the schema that read its tables: name, and what makes it anew (names no schema but by its name)."""
    cursor.execute(
        """
        select distinct
            views.oid::regclass::text,
            format(
                'create or replace view %%s%%s as %%s', views.oid::regclass,
                ' with (' || array_to_string(views.reloptions, ', ') || ')', pg_get_viewdef(views.oid)
            )
        from pg_class as tables
        inner join pg_depend on refclassid = 'pg_class'::regclass and refobjid = tables.oid
        inner join pg_rewrite on classid = 'pg_rewrite'::regclass and objid = pg_rewrite.oid
        inner join pg_class as views on views.oid = ev_class and views.relkind = 'v'
        where tables.relnamespace = to_regnamespace(%s) and views.relnamespace <> tables.relnamespace
        order by 1
        """,
        (schema,),
    )
    return cursor.fetchall()


def _follow(cursor: Cursor, views: list[tuple[str, str]]) -> None:
    """Let views read the new tables; raises ServerError with the names of those that cannot."""
    problems = []
    for view, statement in views:
        cursor.execute("savepoint before_the_view")
        try:
            cursor.execute(statement)
        except psycopg2.errors.LockNotAvailable:
            raise
        except psycopg2.Error as error:
            problems.append(f"  - view {view}: {first_line(error)}")
            cursor.execute("rollback to before_the_view")
    if problems:
        raise ServerError(
            "\n".join(["views of others cannot read the new tables; change or drop them, or have their owner do it:",
                       *problems])
        )  # fmt: skip


def _drop(cursor: Cursor, schema: str, tables: list[str]) -> None:
    try:
        if tables:
            cursor.execute(f"drop table {', '.join(tables)}")
        cursor.execute(f"drop schema {_old(schema)}")
    except psycopg2.errors.DependentObjectsStillExist as error:
        found = sorted(set((error.diag.message_detail or "").replace(f"{_old(schema)}.", f"{schema}.").splitlines()))
        raise ServerError(
            "\n".join(["what others made needs the old tables and cannot follow; drop it, and make it again "
                       "afterwards:", *(f"  - {line.replace(_old(schema), schema)}" for line in found)])
        ) from error  # fmt: skip


def _users(cursor: Cursor, schema: str) -> str:
    """Who has a table of the schema open."""
    cursor.execute(
        "select distinct format('process %%s (user %%s, %%s)', pid, usename, coalesce(nullif(application_name, ''), "
        "'no name of a program')) "
        "from pg_locks inner join pg_stat_activity using (pid) inner join pg_class on pg_class.oid = relation "
        "where relnamespace = to_regnamespace(%s) and pid <> pg_backend_pid()",
        (schema,),
    )
    users = ", ".join(user for (user,) in cursor.fetchall())
    return f" by {users}" if users else ""
