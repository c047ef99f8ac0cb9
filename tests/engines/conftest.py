"""Spark and Superset take minutes and installations of their own: `make test-spark` and `make test-superset` ask."""

import os

collect_ignore = [f"test_{name}.py" for name in ("spark", "superset") if not os.environ.get(f"TEST_{name.upper()}")]
