-- What: every goal of the seed relative_goals is about a metric that there is at its grain.
-- When it fails: the goal returned would have no verdict, ever. Mend its metric or its grain in seeds/relative_goals.csv; the
--                metrics and their grains are in macros/playbooks/metrics.sql.
select *
from {{ ref("relative_goals") }}
where
    {%- for name, metric in metrics_by_name().items() %}
    not (metric = '{{ name }}' and period_grain in ('{{ metric.grains | join("', '") }}')){{ " and" if not loop.last }}
    {%- endfor %}
