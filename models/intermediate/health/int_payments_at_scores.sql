{#- The payment failures of a customer that were open at the end of a day of scoring, or had begun not long before. -#}
with dates as (
    select
        scored_on,
        cast({{ dbt.dateadd("day", -90, "scored_on") }} as date) as quarter_before
    from {{ ref("int_score_dates") }}
),

failures as (
    select
        customer_id,
        failed_on,
        {{ reporting_date("ended_at") }} as ended_on
    from {{ ref("int_payment_failures") }}
),

seen as (
    select
        failures.customer_id,
        failures.failed_on,
        dates.scored_on,
        coalesce(failures.ended_on > dates.scored_on, true) as is_open,
        failures.failed_on > dates.quarter_before as is_recent
    from failures
    inner join dates
        on
            failures.failed_on <= dates.scored_on
            and (
                failures.failed_on > dates.quarter_before
                or coalesce(failures.ended_on > dates.scored_on, true)
            )
)

select
    customer_id,
    scored_on,
    {{ dbt.datediff("min(case when is_open then failed_on else scored_on end)", "scored_on", "day") }} as days_past_due,
    count(case when is_recent then 1 end) as failed_payments_90_days
from seen
group by customer_id, scored_on
