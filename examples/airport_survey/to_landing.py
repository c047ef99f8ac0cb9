"""Turn an airport's passenger survey into the input contract of the warehouse: surveys, and nothing else.

    python examples/airport_survey/to_landing.py SURVEY.csv LANDING_FOLDER

Each passenger gave two answers: how likely it is to recommend the airport (NETPRO, 0 to 10) and how it rates the
airport as a whole (Q7ALL, 1 to 5). Passengers are anonymous. The code for no answer or several (11) is landed as it
is: the warehouse sets it aside, with its reason. Where no rating was marked the answer has no score.
"""

import argparse
from pathlib import Path

import duckdb

SURVEY_RESPONSES = """
    with passengers as (
        select
            RESPNUM as passenger,
            '2017-05-' || lpad(trim(INTDATE), 2, '0') as responded_at,
            trim(NETPRO) as likely_to_recommend,
            trim(Q7ALL) as rating,
            WEIGHT as weight
        from read_csv($file, all_varchar = true)
    )
    select passenger || '-nps' as response_id, 'nps' as survey_type, responded_at, likely_to_recommend as score, weight
    from passengers
    union all
    select
        passenger || '-csat', 'csat', responded_at, case when rating <> 'Blank' then rating end, weight
    from passengers
    order by all
"""


def to_landing(survey: Path, landing_folder: Path) -> int:
    """Write survey_responses as CSV; return its number of rows."""
    landing_folder.mkdir(parents=True, exist_ok=True)
    target = str(landing_folder / "survey_responses.csv")
    with duckdb.connect() as connection:
        return connection.execute(
            f"copy ({SURVEY_RESPONSES}) to $target (header)", {"file": str(survey), "target": target}
        ).fetchone()[0]


def main() -> None:
    """Read the places from the command line and write the landing table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("survey", type=Path, help="the survey as CSV, a row for each passenger")
    parser.add_argument("landing_folder", type=Path, help="folder to write the landing table to")
    arguments = parser.parse_args()
    print(f"survey_responses: {to_landing(arguments.survey, arguments.landing_folder):,} rows")


if __name__ == "__main__":
    main()
