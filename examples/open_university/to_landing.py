"""Turn the Open University registrations into the input contract of the warehouse.

    python examples/open_university/to_landing.py RAW_FOLDER LANDING_FOLDER

Data: Open University Learning Analytics Dataset, J. Kuzilek, M. Hlosta, Z. Zdrahal, Scientific Data 4:170171 (2017),
CC BY 4.0. Its dates are days relative to the start of a presentation; starts are February (B) or October (J), here the
1st of the month, the one date that has to be assumed.

- customer: student. country = region, customer_segment = age band, industry = highest education, each as in the
  student's latest presentation. How students were acquired is not known.
- subscription: registration of a student for a presentation of a module.
- plan: module. Its tier is its size, the fewest credits that any of its students studied.
- amount: not known (no prices), so MRR counts as 0. `studied_credits` is no quantity: it is the student's total,
  repeated on each registration that the student holds at the time.
- product usage: assessments submitted, per student, day and assessment type.

**Start.** `started` on the day of registration, usually months before the presentation: from then on the student is
committed and can leave. Starting at the presentation would hide every unregistration before it.

**End.** `cancelled` by the customer on the day of unregistration, also before the presentation. Else `expired` at the
end of the presentation, "unless registered again": a student registered for another presentation by then has not
churned. No event is left out for that, because a customer is active while any of its subscriptions is live. A student
who registers only later was away, and returns: to leave out the expiry because of what came later would let the future
rewrite the past. The data show no study outside these seven modules or after 2014, so churn by expiry is an upper
bound, and reports should look from before the last presentations end (`as_of` 2015-06-01): after 2015-06-27 no
student is left, for want of data.

**Dirt** goes through to the warehouse, which quarantines what has no time and keeps what changes nothing:
- Registration without a date: `started` without a time (quarantined). Its end is kept and changes nothing.
- Withdrawn without a date: `cancelled` without a time (quarantined). It is over by the end of the presentation at the
  latest, so `expired` stands in, with `cancelled_by` customer: the day is unknown, the type of churn is not.
- Unregistered after the end of the presentation: `expired` as above, then `cancelled`, which changes nothing.
- Failed, but with an unregistration date: `cancelled`, for the date is a fact; `reason_text` keeps the result.
- Unregistered on the day of registration: came and went, as all times are dates and an instant is a day.
- Banked submissions (work carried over from an earlier presentation) are no use of this one: left out, and counted.
"""

import argparse
import sys
from pathlib import Path

import duckdb

# The submissions have one name in the published archive and another in a copy without the 173 that have no score.
RAW_FILES = {
    "registrations": ("studentRegistration.csv",),
    "students": ("studentInfo.csv",),
    "assessments": ("assessments.csv",),
    "submissions": ("studentAssessment.csv", "student_assessment_processed.csv"),
}
WHERE_TO_GET_IT = (
    "Anyone can get them: the OULAD page of the Open University (https://analyse.kmi.open.ac.uk/open_dataset), "
    'or "Open University Learning Analytics" in the UCI Machine Learning Repository. Unpack them into that folder.'
)

# Days from start to end, as published in courses.csv of the data set. The other files cannot tell: nine of the 22
# presentations have an exam without a date, ten have one that is dated 13 to 40 days before the end.
PRESENTATION_LENGTHS = {
    "AAA": {"2013J": 268, "2014J": 269},
    "BBB": {"2013B": 240, "2013J": 268, "2014B": 234, "2014J": 262},
    "CCC": {"2014B": 241, "2014J": 269},
    "DDD": {"2013B": 240, "2013J": 261, "2014B": 241, "2014J": 262},
    "EEE": {"2013J": 268, "2014B": 241, "2014J": 269},
    "FFF": {"2013B": 240, "2013J": 268, "2014B": 241, "2014J": 269},
    "GGG": {"2013J": 261, "2014B": 241, "2014J": 269},
}

PRESENTATIONS = """
    select
        *,
        (left(code_presentation, 4) || if(code_presentation like '%B', '-02-01', '-10-01'))::timestamp as starts_at,
        starts_at + to_days(length) as ends_at
    from lengths
"""

# Outer joins and try_cast: a value that cannot be read becomes a null for the warehouse to judge, never a lost row.
ENROLMENTS = """
    select
        registrations.id_student || '-' || code_module || '-' || code_presentation as subscription_id,
        registrations.id_student as customer_id,
        code_module as plan_id,
        starts_at,
        starts_at + to_days(try_cast(date_registration as integer)) as registered_at,
        starts_at + to_days(try_cast(date_unregistration as integer)) as unregistered_at,
        coalesce(final_result = 'Withdrawn', false) as is_withdrawn,
        date_unregistration is not null or is_withdrawn as is_cancelled,
        ends_at,
        students.* exclude (id_student, code_module, code_presentation)
    from registrations
    left join presentations using (code_module, code_presentation)
    left join students using (id_student, code_module, code_presentation)
"""

LANDING_TABLES = {
    "subscription_events": """
        with events as (
            select *, 'started' as event_type, registered_at as occurred_at from enrolments
            union all
            select *, 'cancelled', unregistered_at from enrolments where is_cancelled
            union all
            select *, 'expired', ends_at from enrolments where unregistered_at is null or unregistered_at > ends_at
        )
        select
            subscription_id || '-' || event_type as event_id,
            customer_id,
            subscription_id,
            event_type,
            occurred_at,
            plan_id,
            if(event_type = 'cancelled' or (event_type = 'expired' and is_withdrawn), 'customer', null) as cancelled_by,
            if(event_type = 'started', null, final_result) as reason_text
        from events
        order by event_id
    """,
    "customers": """
        select distinct on (customer_id)
            customer_id,
            min(registered_at) over (partition by customer_id) as created_at,
            region as country,
            age_band as customer_segment,
            highest_education as industry
        from enrolments
        order by customer_id, starts_at desc nulls last, registered_at desc nulls last, subscription_id
    """,
    "plans": """
        select
            plan_id,
            'Module ' || plan_id as plan_name,
            min(try_cast(studied_credits as integer)) || ' credits' as plan_tier
        from enrolments
        group by plan_id order by plan_id
    """,
    "product_usage": """
        select
            id_student as customer_id,
            (starts_at + to_days(try_cast(date_submitted as integer)))::date as used_on,
            assessment_type as feature,
            count(*) as usage_count
        from submissions
        left join assessments using (id_assessment)
        left join presentations using (code_module, code_presentation)
        where is_banked is distinct from '1'
        group by all order by all
    """,
}


def find_raw_files(raw_folder: Path) -> dict[str, Path]:
    """Find the file of each raw table, or say at once everything that is missing."""
    found = {
        table: next((raw_folder / name for name in names if (raw_folder / name).is_file()), None)
        for table, names in RAW_FILES.items()
    }
    missing = [" or ".join(RAW_FILES[table]) for table, path in found.items() if path is None]
    if missing:
        raise FileNotFoundError(f"The folder {raw_folder} lacks {', '.join(missing)}. {WHERE_TO_GET_IT}")
    return found


def to_landing(raw_folder: Path, landing_folder: Path) -> dict[str, int]:
    """Write the landing tables as CSV; return their numbers of rows, and the number of banked submissions."""
    raw_files = find_raw_files(raw_folder)
    lengths = [(m, p, days) for m, presentations in PRESENTATION_LENGTHS.items() for p, days in presentations.items()]
    with duckdb.connect() as connection:
        for table, path in raw_files.items():
            # As text, so that ids stay as they are; the published archive writes null as "?".
            connection.read_csv(str(path), header=True, all_varchar=True, na_values=["", "?"]).create(table)
        connection.execute("create table lengths (code_module text, code_presentation text, length integer)")
        connection.executemany("insert into lengths values (?, ?, ?)", lengths)
        connection.execute(f"create table presentations as {PRESENTATIONS}")
        connection.execute(f"create table enrolments as {ENROLMENTS}")

        landing_folder.mkdir(parents=True, exist_ok=True)
        rows = {}
        for table, query in LANDING_TABLES.items():
            (rows[table],) = connection.execute(
                f"copy ({query}) to $file (header)", {"file": str(landing_folder / f"{table}.csv")}
            ).fetchone()
        (banked,) = connection.execute("select count(*) from submissions where is_banked = '1'").fetchone()
    return rows | {"banked_submissions": banked}


def main() -> None:
    """Read the two folders from the command line and write the landing tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("raw_folder", type=Path, help="folder with the CSV files of the data set")
    parser.add_argument("landing_folder", type=Path, help="folder to write the landing tables to")
    arguments = parser.parse_args()
    try:
        rows = to_landing(arguments.raw_folder, arguments.landing_folder)
    except FileNotFoundError as error:
        sys.exit(str(error))
    banked = rows.pop("banked_submissions")
    for table, count in rows.items():
        print(f"{table}: {count:,} rows")
    print(f"Left out: {banked:,} banked submissions, work of an earlier presentation")


if __name__ == "__main__":
    main()
