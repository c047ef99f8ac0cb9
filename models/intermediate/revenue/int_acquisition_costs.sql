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
)

select
    joined.customer_id,
    joined.acquisition_channel,
    joined.joined_month,
    joined.first_mrr,
    {{ as_double("costs.cost") }} / count(*) over (partition by joined.acquisition_channel, joined.joined_month)
        as acquisition_cost
from joined
left join {{ ref("int_channel_costs") }} as costs
    on joined.acquisition_channel = costs.acquisition_channel and joined.joined_month = costs.cost_month
