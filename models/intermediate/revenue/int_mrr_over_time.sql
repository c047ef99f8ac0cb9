{#- One row per customer: its MRR summed over the time it was a customer, a month being 365/12 days of 86,400 seconds. -#}
with stretches as (
    select
        changes.customer_id,
        -- whole numbers: a sum of doubles depends on their order, which no engine promises
        cast(changes.mrr * 1000000 as {{ whole_number_type() }}) as mrr_millionths,
        cast(
            round(
                {{ seconds_between("changes.changed_at", "coalesce(changes.next_changed_at, moment.as_of)") }} * 1000000
            ) as bigint
        ) as microseconds
    from {{ ref("int_customer_changes") }} as changes
    cross join {{ ref("int_report_moment") }} as moment
),

summed as (
    select
        customer_id,
        cast(sum(mrr_millionths * microseconds) as {{ whole_number_type() }}) as millionths_by_microseconds
    from stretches
    group by customer_id
)

select
    customer_id,
    {{ exact_quotient("millionths_by_microseconds", "2628000000000") }} as mrr_over_time
from summed
