"""sqlfluff, with Python's garbage collector resting: it took two fifths of the time, and found little to collect.

Usage: python tests/lint_sql.py lint --processes 2 models ...
"""

import gc

gc.disable()  # here, so that the processes that sqlfluff starts do so too: each of them reads this file first

if __name__ == "__main__":
    from sqlfluff.cli.commands import cli

    cli()
