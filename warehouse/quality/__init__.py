"""The two gates of `make build`: the raw tables before it, and the marts before they are published.

What they look at is what dbt's tests do not: whether the data are plausible beside those of before, and whether the
very file that readers will open holds. dbt's tests own the models' logic. Thresholds and severities are in checks.yml.

`dbt build` by itself does not come here: importing Great Expectations takes longer than parsing the project.
"""

from warehouse.quality.findings import Finding, GateError, stop_or_say
from warehouse.quality.landing_gate import check_landing
from warehouse.quality.marts_gate import check_marts

__all__ = ["Finding", "GateError", "check_landing", "check_marts", "stop_or_say"]
