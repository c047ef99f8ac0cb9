{#- One row per customer that ever started: its share of what its channel cost in the month it joined. -#}
with joined as (
    select
        changes.customer_id,
        customers.acquisition_channel,
        calendar.month_start as joined_month
    from {{ ref("int_customer_changes") }} as changes
    inner join {{ ref("int_customers") }} as customers
        on changes.customer_id = customers.customer_id
    inner join {{ ref("int_calendar_days") }} as calendar
        on changes.changed_on = calendar.date_day
    where changes.is_active and not changes.was_customer_before
),

costs as (
    select
        costs.acquisition_channel,
        calendar.month_start as month,
        sum(costs.cost * coalesce(rates.rate_to_reporting, 1)) as cost
    from {{ ref("stg_marketing__acquisition_costs") }} as costs
    inner join {{ ref("int_calendar_days") }} as calendar
        on costs.month = calendar.date_day
    left join {{ ref("int_exchange_rates_daily") }} as rates
        on
            {{ foreign_currency("costs.currency") }} = rates.currency
            and costs.month = rates.date_day
    group by costs.acquisition_channel, calendar.month_start
)

select
    joined.customer_id,
    joined.joined_month,
    {{ as_double("costs.cost") }} / count(*) over (partition by joined.acquisition_channel, joined.joined_month)
        as acquisition_cost
from joined
left join costs
    on joined.acquisition_channel = costs.acquisition_channel and joined.joined_month = costs.month
