{{ config(materialized="view") }}

with last_reported as (
    select
        period_grain,
        max(period_start) as period_start
    from {{ ref("int_reported_figures") }}
    group by period_grain
),

last_complete as (
    select
        period_grain,
        max(period_start) as period_start
    from {{ ref("int_periods") }}
    where is_complete_period
    group by period_grain
)

select
    last_reported.period_grain,
    least(last_reported.period_start, last_complete.period_start) as last_period_start
from last_reported
inner join last_complete
    on last_reported.period_grain = last_complete.period_grain
