-- What: every goal of the seed relative_goals is about a metric that there is at its grain.
-- When it fails: the goal returned would have no verdict, ever. Mend its metric or its grain in seeds/relative_goals.csv; the
--                metrics and their grains are in macros/playbooks/metrics.sql.
{%- set grains = [] -%}
{%- for name, metric in metrics_by_name().items() -%}
{%- for grain in metric.grains %}{% do grains.append((name, grain)) %}{% endfor -%}
{%- endfor %}
with known as (
    {%- for name, grain in grains %}
    select
        '{{ name }}' as metric,
        '{{ grain }}' as period_grain
    {{ "union all" if not loop.last }}
    {%- endfor %}
)

select goals.*
from {{ ref("relative_goals") }} as goals
left join known
    on goals.metric = known.metric and goals.period_grain = known.period_grain
where known.metric is null
