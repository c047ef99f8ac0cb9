"""Turn the CDNOW purchases into the input contract of the warehouse: orders, and nothing that says who left.

    python examples/cdnow/to_landing.py LANDING_FOLDER [CDNOW_SAMPLE.txt]

The file has a line per order and no header: customer, number in the sample, day, CDs, dollars. Where none is named, the
copy in the Python package lifetimes is read, which the project's environment has.
"""

import argparse
from importlib.resources import files
from pathlib import Path

import duckdb

LANDING_TABLES = {
    "orders": "select order_id, customer_id, ordered_at, amount from purchases order by order_id",
    "customers": "select customer_id, min(ordered_at) as created_at from purchases group by all order by all",
}
PURCHASES = """
    create table purchases as
    select
        row_number() over () as order_id,
        fields[1] as customer_id,
        strptime(fields[3], '%Y%m%d')::date as ordered_at,
        fields[5] as amount
    from (
        select regexp_split_to_array(trim(line), '\\s+') as fields
        from read_csv($file, header = false, delim = '|', columns = {'line': 'varchar'})
    )
"""


def to_landing(purchases: Path, landing_folder: Path) -> dict[str, int]:
    """Write the landing tables as CSV; return their numbers of rows."""
    landing_folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")  # so that orders are numbered as they stand in the file
        connection.execute(PURCHASES, {"file": str(purchases)})
        return {
            table: connection.execute(
                f"copy ({query}) to $file (header)", {"file": str(landing_folder / f"{table}.csv")}
            ).fetchone()[0]
            for table, query in LANDING_TABLES.items()
        }


def main() -> None:
    """Read the places from the command line and write the landing tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("landing_folder", type=Path, help="folder to write the landing tables to")
    packaged = Path(str(files("lifetimes") / "datasets" / "CDNOW_sample.txt"))
    parser.add_argument("purchases", type=Path, nargs="?", default=packaged, help="CDNOW_sample.txt")
    arguments = parser.parse_args()
    for table, count in to_landing(arguments.purchases, arguments.landing_folder).items():
        print(f"{table}: {count:,} rows")


if __name__ == "__main__":
    main()
