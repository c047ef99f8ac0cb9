"""What goes wrong on the way to the landing folder: late rows, corrections, copies, broken values; then the files."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.demo_business.business import END, stream

LOADED_NULL = 0.05  # of rows that do not say when they were loaded
LATE_SHARE, LATE_DAYS = 0.012, (14, 60)
COPIED_SHARE, CORRECTED_SHARE = 0.002, 0.002
OFFSET_SHARE, OFFSET_HOURS = 0.02, 2  # one of the sending systems writes local time

# Per table: its id, and (column, unreadable value, number of rows). Rows of tables that a program writes are sound.
BROKEN = {
    "subscription_events": (
        "event_id",
        (
            ("occurred_at", "2024-02-31 10:00:00", 4),
            ("occurred_at", None, 3),
            ("event_type", "upgrade?", 4),
            ("amount", "-49.00", 4),
            ("currency", "CHF", 4),  # there is no rate for it
            ("billing_interval", "fortnight", 3),
            ("customer_id", None, 4),
            ("event_id", None, 3),
        ),
    ),
    "customers": ("customer_id", (("customer_id", None, 1), ("created_at", "13.13.2024", 1))),
    "invoices": (
        "invoice_id",
        (("issued_at", "n/a", 3), ("amount", "-19.00", 3), ("amount", "twelve", 2), ("currency", "CHF", 3)),
    ),
    "orders": ("order_id", (("ordered_at", None, 1), ("amount", "-5.00", 1))),
    "support_tickets": ("ticket_id", (("opened_at", "yesterday", 3), ("ticket_id", None, 2))),
    "survey_responses": (
        "response_id",
        (("score", "eleven", 3), ("score", "11", 3), ("score", "7.5", 2), ("survey_type", "smiley", 2)),
    ),
    "onboarding_milestones": (None, (("milestone", None, 3), ("due_at", "2024-13-01", 3))),
}


def add_flaws(tables: dict[str, pd.DataFrame], seed: int) -> dict[str, pd.DataFrame]:
    """All tables as text, with flaws, in the order of arrival where that is known."""
    tables = dict(tables)
    for name, moment in (("subscription_events", "occurred_at"), ("orders", "ordered_at")):
        rng = stream(seed, f"loaded {name}")
        tables[name] = _copies(rng, _loaded(rng, tables[name], moment))
    answered = tables["survey_responses"]
    known = answered.responded_at.fillna(answered.sent_at)
    tables["survey_responses"] = _loaded(stream(seed, "loaded survey_responses"), answered.assign(known=known), "known")
    tables["survey_responses"] = tables["survey_responses"].drop(columns="known")
    tables = {name: _as_text(table) for name, table in tables.items()}
    for name, (key, flaws) in BROKEN.items():
        tables[name] = _break(stream(seed, f"broken {name}"), tables[name], key, flaws)
    tables["subscription_events"] = _local_times(stream(seed, "offsets"), tables["subscription_events"])
    return tables


def _loaded(rng: np.random.Generator, table: pd.DataFrame, moment: str) -> pd.DataFrame:
    """Adds `loaded_at`: mostly within hours, sometimes weeks late, sometimes unknown; sorted by it."""
    count = len(table)
    late = (rng.random(count) < LATE_SHARE) * rng.uniform(*LATE_DAYS, count)
    loaded = table[moment] + pd.to_timedelta(((rng.exponential(0.2, count) + late) * 86_400).astype(int), unit="s")
    loaded = loaded.clip(upper=pd.Timestamp(END) - pd.Timedelta(seconds=1))
    order = np.argsort(loaded.to_numpy(), kind="stable")
    return table.assign(loaded_at=loaded.mask(rng.random(count) < LOADED_NULL)).iloc[order]


def _copies(rng: np.random.Generator, table: pd.DataFrame) -> pd.DataFrame:
    """Some rows arrive twice; some first with a mistyped amount and again, corrected, days later."""
    copied = table[rng.random(len(table)) < COPIED_SHARE]
    wrong = table.amount.notna() & table.loaded_at.notna() & (rng.random(len(table)) < CORRECTED_SHARE)
    corrected = table[wrong].copy()
    last = pd.Timestamp(END) - pd.Timedelta(seconds=1)
    corrected["loaded_at"] += pd.to_timedelta(rng.integers(1, 20, len(corrected)), unit="D")
    corrected = corrected[corrected.loaded_at <= last]
    table = table.copy()
    table.loc[corrected.index, "amount"] *= 10
    return pd.concat([table, copied.drop(index=corrected.index, errors="ignore"), corrected], ignore_index=True)


def _as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Every value as it stands in a CSV file; times as 'YYYY-MM-DD HH:MM:SS' in UTC."""
    text = {}
    for column, values in table.items():
        if pd.api.types.is_datetime64_any_dtype(values):
            written = [
                moment.replace("T", " ") for moment in np.datetime_as_string(values.to_numpy(), unit="s").tolist()
            ]
        elif column in ("amount", "refunded_amount", "cost", "value"):
            written = values.map("{:.2f}".format, na_action="ignore")
        else:
            written = values.astype(object)
        text[column] = pd.Series(written, index=table.index, dtype=object).where(values.notna(), None)
    return pd.DataFrame(text)


def _break(rng: np.random.Generator, table: pd.DataFrame, key: str | None, flaws: tuple) -> pd.DataFrame:
    """Adds copies of sound rows, under ids of their own, each with one value that cannot be read."""
    broken = []
    for column, value, count in flaws:
        filled = table.index[table[column].notna()]
        part = table.loc[rng.choice(filled, min(count, len(filled)), replace=False)].copy()
        if key:
            part[key] = part[key] + f"-x{len(broken)}"
        part[column] = value
        broken.append(part)
    rows = pd.concat([table, *broken], ignore_index=True)
    place = np.append(np.arange(len(table)), rng.integers(len(table), size=len(rows) - len(table)))
    return rows.iloc[np.argsort(place, kind="stable")]


def _local_times(rng: np.random.Generator, events: pd.DataFrame) -> pd.DataFrame:
    """The same instants, some written in local time with the offset."""
    moments = pd.to_datetime(events.occurred_at, format="%Y-%m-%d %H:%M:%S", errors="coerce")
    local = (moments + pd.Timedelta(hours=OFFSET_HOURS)).dt.strftime(f"%Y-%m-%dT%H:%M:%S+{OFFSET_HOURS:02d}:00")
    chosen = moments.notna() & (rng.random(len(events)) < OFFSET_SHARE)
    return events.assign(occurred_at=events.occurred_at.mask(chosen, local))


def write_tables(folder: Path, tables: dict[str, pd.DataFrame], usage: pd.DataFrame) -> None:
    """CSV files (empty = null) and, for the use of the product, a folder of Parquet parts, one a year."""
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    parts = folder / "product_usage"
    parts.mkdir()
    schema = pa.schema(
        [
            ("customer_id", pa.string()),
            ("used_on", pa.date32()),
            ("feature", pa.string()),
            ("usage_count", pa.int32()),
            ("minutes", pa.float64()),
            ("active_seats", pa.int32()),
        ]
    )
    for year, rows in usage.groupby(usage.used_on.dt.year):
        part = pa.Table.from_pandas(rows, schema=schema, preserve_index=False)
        pq.write_table(part, parts / f"{year}.parquet", compression="zstd")
