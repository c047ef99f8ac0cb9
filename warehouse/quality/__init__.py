"""The three gates of `make build`: the raw tables before it, what staging made of them, and the marts before they are
published.

What they look at is what dbt's tests do not: whether the data are plausible beside those of before, and whether the
very file that readers will open holds. dbt's tests own the models' logic. Thresholds and severities are in checks.yml.

`dbt build` by itself does not come here: importing Great Expectations takes longer than parsing the project.
"""

from warehouse.quality.findings import Finding, GateError, stop_or_say
from warehouse.quality.history import History, read_history
from warehouse.quality.landing_gate import check_landing
from warehouse.quality.marts_gate import check_marts
from warehouse.quality.staging_gate import check_staging

__all__ = [
    "Finding",
    "GateError",
    "History",
    "check_landing",
    "check_marts",
    "check_staging",
    "read_history",
    "stop_or_say",
]
