{#- The named differences between each definition of MRR and other reports at the end of each period: a running sum of their changes. -#}
{%- set terms = ["currency", "amount", "billing_interval", "billing_interval_count"] -%}
{%- set repriced = monthly_amount(
    "at_the_end.amount", "rates.rate_to_reporting", "at_the_end.billing_interval", "at_the_end.billing_interval_count"
) -%}
{%- set keys = (["definition", "difference"] + terms + ["segment_type", "segment_value", "period_grain"]) | join(", ") -%}
with changes as (
    {{ in_segments(ref("int_mrr_difference_changes"), plan=false) }}
),

by_segment as (
    select
        {{ keys }},
        period_start,
        sum(subscriptions) as subscriptions,
        sum(mrr) as mrr
    from changes
    group by {{ keys }}, period_start
),

running as (
    select
        {{ keys }},
        period_start,
        lead(period_start) over (partition by {{ keys }} order by period_start) as next_period_start,
        sum(subscriptions) over until_here as subscriptions,
        sum(mrr) over until_here as mrr
    from by_segment
    window until_here as (partition by {{ keys }} order by period_start rows unbounded preceding)
),

periods as (
    select
        periods.period_grain,
        periods.period_start,
        least(cast({{ dbt.dateadd("day", -1, "periods.period_end") }} as date), moment.as_of_on) as last_day
    from {{ ref("int_periods") }} as periods
    cross join {{ ref("int_report_moment") }} as moment
),

at_the_end as (
    select
        running.*,
        periods.period_start as reported_start,
        periods.last_day
    from running
    inner join periods
        on
            running.period_grain = periods.period_grain
            and running.period_start <= periods.period_start
            and coalesce(running.next_period_start > periods.period_start, true)
    where running.subscriptions > 0
)

select
    at_the_end.definition,
    at_the_end.difference,
    at_the_end.period_grain,
    at_the_end.reported_start as period_start,
    at_the_end.segment_type,
    at_the_end.segment_value,
    cast(sum(at_the_end.subscriptions) as bigint) as subscriptions,
    cast(
        sum(
            case
                -- west of Greenwich a day ends before the first rate, of the UTC day of the event: there is none to compare with
                when at_the_end.difference = 'exchange_rate' and rates.rate_to_reporting is null then 0
                when at_the_end.difference = 'exchange_rate' then at_the_end.subscriptions * {{ repriced }} - at_the_end.mrr
                else at_the_end.mrr
            end
        ) as decimal(38, 6)
    ) as mrr
from at_the_end
left join {{ ref("int_exchange_rates_daily") }} as rates
    on at_the_end.currency = rates.currency and at_the_end.last_day = rates.date_day
group by
    at_the_end.definition,
    at_the_end.difference,
    at_the_end.period_grain,
    at_the_end.reported_start,
    at_the_end.segment_type,
    at_the_end.segment_value
