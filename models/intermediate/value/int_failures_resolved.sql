{{ config(materialized="view") }}

{#- Failed payments of the latest twelve complete months that were recovered or lost: how many more could be. -#}
with months as (
    select
        min(period_start) as first_day,
        max(period_end) as last_day
    from (
        select
            period_start,
            period_end,
            row_number() over (order by period_start desc) as months_back
        from {{ ref("int_periods") }}
        where period_grain = 'month' and is_complete_period
    ) as complete_months
    where months_back <= 12
),

failures as (
    {{ in_segments(ref("int_payment_failures")) }}
)

select
    failures.segment_type,
    failures.segment_value,
    cast(count(*) as bigint) as resolved,
    cast(sum(case when failures.outcome = 'lost' then 1 else 0 end) as bigint) as lost
from failures
inner join months
    on failures.failed_on >= months.first_day and failures.failed_on < months.last_day
where failures.outcome in ('recovered', 'lost') and failures.segment_type <> 'plan'
group by failures.segment_type, failures.segment_value
