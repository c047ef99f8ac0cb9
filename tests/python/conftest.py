"""What tests share: one build of the demo business, and how hard the property tests look. Fast tests: see shared.py."""

import gc
import json
import os
import sys
from types import SimpleNamespace

import pytest
import shared
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

if not os.environ.get("TEST_SPARK"):
    # Where Spark is installed, Great Expectations imports it, and Spark ends a process that has no main file (xdist's).
    sys.modules["pyspark"] = None

# It took a tenth of the time, looking through all that dbt imports, and found little.
gc.set_threshold(100_000, 50, 50)

# The same streams at every run; new ones with --hypothesis-profile=explore.
settings.register_profile(
    "default",
    derandomize=True,
    deadline=None,
    max_examples=50,
    database=None,
    suppress_health_check=list(HealthCheck),
)
settings.register_profile("explore", parent=settings.get_profile("default"), derandomize=False, max_examples=1000)
settings.load_profile("default")

# Hypothesis also draws constants of all imported code but tests: a test drew other streams alone than among others, and
# after a change of the warehouse.
constants_of_imported_code = providers._get_local_constants
providers._get_local_constants = lambda: Constants() if settings.default.derandomize else constants_of_imported_code()


# Cores get whole files, in this order and then that of the names: a long one begun last would run alone.
LONG_FILES = (
    "test_postgres",
    "test_increments",
    "test_settings_build",
    "test_publishing",
    "test_against_oracle",
    "test_landing",
    "test_open_university",
    "test_quality_gates",
    "test_personal_data",
    "test_cdnow",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first."""
    place = {name: number for number, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


@pytest.fixture(scope="session")
def demo_build() -> SimpleNamespace:
    """`make build`'s command on the demo business: its output, the warehouse and the published file. To read only."""
    folder = shared.demo()
    manifest = json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    return SimpleNamespace(
        output=(folder / "output.txt").read_text(encoding="utf-8"),
        warehouse=folder / "warehouse.duckdb",
        published=folder / "published" / "marts.duckdb",
        manifest=manifest,
    )
