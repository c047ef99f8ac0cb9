{#- One row per customer: its MRR summed over the time it was a customer, in whole numbers: millionths by microseconds. -#}
{%- set month = 365 * 24 * 60 * 60 * 1000000 // 12 -%}
with stretches as (
    select
        changes.customer_id,
        {{ whole_number("changes.mrr * 1000000") }} as mrr,
        -- where times are dates a change may count a microsecond after as_of (int_subscription_events_ordered)
        {{ whole_number(
            "greatest(round("
            ~ seconds_between("changes.changed_at", "coalesce(changes.next_changed_at, moment.as_of)")
            ~ " * 1000000), 0)"
        ) }} as duration
    from {{ ref("int_customer_changes") }} as changes
    cross join {{ ref("int_report_moment") }} as moment
),

summed as (
    -- divided by the month before the sum, the largest MRR stays within 38 digits; what is left of it is divided after
    select
        customer_id,
        sum({{ whole_quotient("mrr", month) }} * duration) as millionths,
        {{ whole_number("sum(mod(mrr, " ~ month ~ ") * duration)") }} as rest
    from stretches
    group by customer_id
)

select
    customer_id,
    cast(
        cast(millionths + {{ whole_quotient("rest + " ~ month // 2, month) }} as decimal(38, 0))
        * cast(0.000001 as decimal(7, 6)) as decimal(38, 6)
    ) as mrr_over_time
from summed
