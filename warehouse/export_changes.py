"""What is new, changed or closed in a table that leaves for another tool, since it was last exported.

A key that was not there is new. One that is gone, or whose status has become closed, is closed. Another one is changed
where a column differs; columns that follow from the day, or from all the other rows, do not count, as nearly every row
has others every day.
"""

from __future__ import annotations

from collections.abc import Sequence

QUEUES = "sync_"
KEY = ("customer_id", "trigger_code")  # or those of them that the table has
NOT_COMPARED = {"value_at_risk", "priority", "planned_on", "days_since_loss"}
CLOSED = "closed"


def changes_query(now: str, before: str, columns: Sequence[str], columns_before: Sequence[str]) -> str:
    """A query for the changes: `change` and `exported_at`, then the columns of the table, as they are now or were last.

    Args:
        now, before: relations with the table as it is and as it was exported, of the same types.
        columns, columns_before: the columns of each; one that was not there before is not compared.
    """
    key = [name for name in KEY if name in columns]
    common = [name for name in columns if name in columns_before]
    differs = [f'now."{name}" is distinct from before."{name}"' for name in common if name not in {*key, *NOT_COMPARED}]
    is_gone, was_open, is_closed = f'now."{key[0]}" is null', "true", "false"
    if "status" in common:
        was_open = f"before.status is distinct from '{CLOSED}'"
        is_closed = f"now.status = '{CLOSED}'"
    shown = ", ".join(
        f'case when {is_gone} then before."{name}" else now."{name}" end as "{name}"'
        if name in common
        else f'now."{name}"'
        for name in columns
    )
    return f"""
        select
            case
                when before."{key[0]}" is null then 'new'
                when {was_open} and ({is_gone} or {is_closed}) then '{CLOSED}'
                else 'changed'
            end as change,
            date_trunc('second', now() at time zone 'UTC') as exported_at,
            {shown}
        from {now} as now
        full outer join {before} as before on {" and ".join(f'now."{name}" = before."{name}"' for name in key)}
        where
            before."{key[0]}" is null
            or ({is_gone} and {was_open})
            or (not {is_gone} and ({" or ".join(differs) or "false"}))
    """
