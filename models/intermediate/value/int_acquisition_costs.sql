{#- One row per customer that ever started: its share of what its channel cost in the month it joined. -#}
with joined as (
    select
        changes.customer_id,
        customers.acquisition_channel,
        calendar.month_start as joined_month,
        changes.mrr as first_mrr
    from {{ ref("int_customer_changes") }} as changes
    inner join {{ ref("int_customers") }} as customers
        on changes.customer_id = customers.customer_id
    inner join {{ ref("int_calendar_days") }} as calendar
        on changes.changed_on = calendar.date_day
    where changes.is_active and not changes.was_customer_before
),

counted as (
    select
        *,
        count(*) over (partition by acquisition_channel, joined_month) as customers_joined
    from joined
)

select
    counted.customer_id,
    counted.acquisition_channel,
    counted.joined_month,
    counted.first_mrr,
    cast({{ exact_share("costs.cost", "counted.customers_joined") }} as decimal(38, 6)) as acquisition_cost
from counted
left join {{ ref("int_channel_costs") }} as costs
    on counted.acquisition_channel = costs.acquisition_channel and counted.joined_month = costs.cost_month
