"""Turn RavenStack, a simulated SaaS business, into the input contract of the warehouse.

    python examples/ravenstack/to_landing.py RAW_FOLDER LANDING_FOLDER

- customer: account. It was won through `referral_source`.
- subscription: subscription. One that is a trial is landed as `trial_started`; nothing says that a trial was won, so
  none ever becomes a customer. An annual one is landed with its amount of the year.
- plan: plan tier. A seat is a `quantity`; the files know no limit.
- use: usage rows, summed up by account, day and feature. A usage id stands on two rows of different subscriptions 21
  times; both are kept, as they are different use.
- CSAT: the satisfaction score of a ticket, asked when it was closed.
- Reasons: a churn event names an account and a day, no subscription. It speaks for a subscription of the account that
  ended on that very day; the others are counted and left out, for every account has a running subscription to the end.
"""

import argparse
from pathlib import Path

import duckdb

FILES = ("accounts", "subscriptions", "churn_events", "feature_usage", "support_tickets")

# what the reasons of the data set are in seeds/churn_reasons.csv
REASONS = {
    "pricing": "too_expensive",
    "budget": "no_budget",
    "features": "missing_features",
    "support": "poor_support",
    "competitor": "competitor",
}

TABLES = {
    "customers": """
        select
            account_id as customer_id,
            signup_date as created_at,
            country,
            industry,
            referral_source as acquisition_channel
        from accounts
    """,
    "plans": """
        select distinct plan_tier as plan_id, plan_tier as plan_name, lower(plan_tier) as plan_tier from subscriptions
    """,
    "subscription_events": """
        select
            subscription_id || '-start' as event_id,
            account_id as customer_id,
            subscription_id,
            if(is_trial = 'True', 'trial_started', 'started') as event_type,
            start_date as occurred_at,
            plan_tier as plan_id,
            if(billing_frequency = 'annual', arr_amount, mrr_amount) as amount,
            if(billing_frequency = 'annual', 'year', 'month') as billing_interval,
            seats as quantity,
            null as reason_code,
            null as reason_text
        from subscriptions
        union all
        select
            subscriptions.subscription_id || '-end', subscriptions.account_id, subscriptions.subscription_id,
            'cancelled', subscriptions.end_date, null, null, null, null, reasons.warehouse_reason, said.feedback_text
        from subscriptions
        left join churn_events as said
            on subscriptions.account_id = said.account_id and subscriptions.end_date = said.churn_date
        left join reasons on said.reason_code = reasons.reason
        where subscriptions.end_date is not null
        qualify row_number() over (partition by subscriptions.subscription_id order by said.churn_event_id) = 1
    """,
    "product_usage": """
        select
            account_id as customer_id,
            usage_date as used_on,
            feature_name as feature,
            sum(usage_count::bigint) as usage_count,
            sum(usage_duration_secs::bigint) / 60 as minutes
        from feature_usage inner join subscriptions using (subscription_id)
        group by all
    """,
    "support_tickets": """
        select
            ticket_id,
            account_id as customer_id,
            submitted_at as opened_at,
            submitted_at::timestamp + to_minutes(first_response_time_minutes::bigint) as first_response_at,
            closed_at,
            priority
        from support_tickets
    """,
    "survey_responses": """
        select
            ticket_id || '-csat' as response_id,
            'csat' as survey_type,
            account_id as customer_id,
            closed_at as sent_at,
            closed_at as responded_at,
            satisfaction_score::double::integer as score,
            'support' as touchpoint
        from support_tickets
        where satisfaction_score is not null
    """,
}

UNUSED_REASONS = """
    select count(*)
    from churn_events
    left join subscriptions
        on churn_events.account_id = subscriptions.account_id and churn_events.churn_date = subscriptions.end_date
    where subscriptions.subscription_id is null
"""


def to_landing(raw_folder: Path, landing_folder: Path) -> dict[str, int]:
    """Write the landing tables as CSV; return their rows, and the churn events that belong to no end."""
    landing_folder.mkdir(parents=True, exist_ok=True)
    rows = {}
    with duckdb.connect() as connection:
        for name in FILES:
            file = raw_folder / f"ravenstack_{name}.csv"
            connection.read_csv(str(file), all_varchar=True).create_view(name)
        connection.execute("create table reasons (reason varchar, warehouse_reason varchar)")
        connection.executemany("insert into reasons values (?, ?)", list(REASONS.items()))
        for table, query in TABLES.items():
            target = str(landing_folder / f"{table}.csv")
            copied = connection.execute(f"copy (select * from ({query}) order by all) to '{target}' (header)")
            rows[table] = copied.fetchone()[0]
        rows["churn events left out"] = connection.execute(UNUSED_REASONS).fetchone()[0]
    return rows


def main() -> None:
    """Read the places from the command line and write the landing tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("raw_folder", type=Path, help="folder with the data set's five CSV files")
    parser.add_argument("landing_folder", type=Path, help="folder to write the landing tables to")
    arguments = parser.parse_args()
    missing = [name for name in FILES if not (arguments.raw_folder / f"ravenstack_{name}.csv").is_file()]
    if missing:
        parser.error(
            f"{arguments.raw_folder} has no ravenstack_{missing[0]}.csv: it needs the data set's five CSV files."
        )
    for name, count in to_landing(arguments.raw_folder, arguments.landing_folder).items():
        print(f"{name}: {count:,} rows")


if __name__ == "__main__":
    main()
