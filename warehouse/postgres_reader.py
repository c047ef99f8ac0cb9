"""The role that reads the published marts on a Postgres server, and nothing else: for BI tools and people.

MARTS_READER names it. It is made at the first publish, with the password MARTS_READER_PASSWORD, of which the server is
sent a hash only: neither its logs nor ours hold the password. At every publish the role is looked over. What it may do
beyond the marts mostly comes from rights that everybody has (`public`); taking those away could stop others on the
server, so the publish is refused and says the statements.
"""

from __future__ import annotations

import os

import psycopg2
from psycopg2.extensions import cursor as Cursor
from psycopg2.extensions import encrypt_password

from warehouse.disk import first_line
from warehouse.postgres import ServerError

PASSWORD = "MARTS_READER_PASSWORD"
# Each row is a statement that takes away something that the role may do beyond reading the two schemas.
BEYOND = """
with reader as (
    select *, quote_ident(rolname) as name from pg_roles where rolname = %(reader)s
),

databases as (
    select oid, datname, datallowconn, quote_ident(datname) as name, datname = current_database() as is_this
    from pg_database
),

schemas as (
    select oid, quote_ident(nspname) as name from pg_namespace
    where nspname not in ('pg_catalog', 'information_schema', %(schema)s, %(draft)s) and nspname !~ '^pg_(toast|temp)'
)

select format('alter role %%s nosuperuser nocreatedb nocreaterole noreplication nobypassrls', name)
from reader where rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls
union all
select format('revoke %%s from %%s', groups.rolname::regrole, reader.name)
from reader
inner join pg_auth_members on member = reader.oid
inner join pg_roles as groups on groups.oid = roleid
union all
select format('revoke %%s on database %%s from %%s', privilege, databases.name, %(whom)s)
from reader, databases, unnest(array['connect', 'temporary', 'create']) as privilege
where
    datallowconn and is_this = (privilege <> 'connect')
    and has_database_privilege(reader.oid, databases.oid, privilege)
union all
select format('revoke all on schema %%s from %%s', schemas.name, %(whom)s)
from reader, schemas where has_schema_privilege(reader.oid, schemas.oid, 'usage, create')
union all
select format('reassign owned by %%s to current_user', reader.name)
from reader
where exists (
    select from pg_shdepend
    where refclassid = 'pg_authid'::regclass and refobjid = reader.oid and deptype = 'o'
)
"""


def make_ready(cursor: Cursor, reader: str, schema: str, draft: str) -> None:
    """Make the role where it is missing, and look it over: the schema and its draft are what it may read.

    Raises:
        ServerError: the role cannot be made, or may do more than read the marts.
    """
    if reader == os.environ["PGUSER"]:
        raise ServerError("MARTS_READER is PGUSER, who publishes: name another role, which is made.")
    try:
        is_new = _make(cursor, reader)
    except psycopg2.errors.InsufficientPrivilege as error:
        raise ServerError(
            f"{os.environ['PGUSER']} may not make or change the role {reader} ({first_line(error)}). Have an "
            f'administrator run: create role "{reader}" login; \\password {reader}. Then publish without {PASSWORD}.'
        ) from error
    # a role that is made by a publish that is refused is not there when the statements are run
    whom = "public" if is_new else f'public, "{reader}"'
    cursor.execute(BEYOND, {"reader": reader, "schema": schema, "draft": draft, "whom": whom})
    if beyond := [statement for (statement,) in cursor.fetchall()]:
        raise ServerError(
            "\n".join(
                [
                    f"{reader} could do more than read the marts. Have the owner of each run these, or name a new "
                    "role; who else needs a right that everybody (public) loses is granted it by name:",
                    *(f"  {statement};" for statement in beyond),
                ]
            )
        )


def let_read(cursor: Cursor, reader: str, draft: str) -> None:
    """Let the role read all tables of the draft."""
    cursor.execute(f'grant usage on schema {draft} to "{reader}"')
    cursor.execute(f'grant select on all tables in schema {draft} to "{reader}"')


def _make(cursor: Cursor, reader: str) -> bool:
    """Make the role if it is not there, and set its password if one is given. Returns whether it is new."""
    cursor.execute("select 1 from pg_roles where rolname = %s", (reader,))
    is_there, password = cursor.fetchone(), os.environ.get(PASSWORD)
    if not is_there:
        if not password:
            raise ServerError(f"{reader} is made with this publish, so it needs a password: set {PASSWORD}.")
        cursor.execute(f'create role "{reader}" login')
        # what it may write nowhere, it need not try; the rights below decide
        cursor.execute(f'alter role "{reader}" set default_transaction_read_only = on')
    if password:
        hashed = encrypt_password(password, reader, cursor.connection, "scram-sha-256")
        cursor.execute(f'alter role "{reader}" login password %s', (hashed,))
    return not is_there
