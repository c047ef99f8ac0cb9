"""Spark takes minutes and an installation of its own: only `make test-spark` asks for it."""

import os

collect_ignore = [] if os.environ.get("TEST_SPARK") else ["test_spark.py"]
