"""Turn a survey of which only counts are published into the input contract of the warehouse: surveys, and nothing else.

    python examples/counts_to_landing.py COUNTS.csv LANDING_FOLDER

COUNTS.csv has a row for each possible answer: survey_type, responded_at, answer (in the survey's words), score (blank:
no answer) and respondents. It lands as many answers as were counted. Who gave them is not known, so all are anonymous.
"""

import argparse
from pathlib import Path

import duckdb

SURVEY_RESPONSES = """
    select
        concat_ws('-', survey_type, responded_at, coalesce(score, 'none'), number) as response_id,
        survey_type,
        responded_at,
        score
    from read_csv($file, all_varchar = true), generate_series(1, cast(respondents as bigint)) as answers(number)
    order by survey_type, responded_at, cast(score as integer), number
"""


def to_landing(counts: Path, landing_folder: Path) -> int:
    """Write survey_responses as CSV; return its number of rows."""
    landing_folder.mkdir(parents=True, exist_ok=True)
    target = str(landing_folder / "survey_responses.csv")
    with duckdb.connect() as connection:
        return connection.execute(
            f"copy ({SURVEY_RESPONSES}) to $target (header)", {"file": str(counts), "target": target}
        ).fetchone()[0]


def main() -> None:
    """Read the places from the command line and write the landing table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("counts", type=Path, help="the counts as CSV, a row for each possible answer")
    parser.add_argument("landing_folder", type=Path, help="folder to write the landing table to")
    arguments = parser.parse_args()
    print(f"survey_responses: {to_landing(arguments.counts, arguments.landing_folder):,} rows")


if __name__ == "__main__":
    main()
