"""sqlfluff, with Python's garbage collector called less often: it took two fifths of the time and found little.

Usage: python tests/lint_sql.py lint --processes 2 models ...
"""

import gc

# here, so that the processes that sqlfluff starts do so too: each of them reads this file first
gc.set_threshold(100_000, 50, 50)

if __name__ == "__main__":
    from sqlfluff.cli.commands import cli

    cli()
