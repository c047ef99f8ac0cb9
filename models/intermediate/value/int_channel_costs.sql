{{ config(materialized="view") }}

{#- One row per channel and month with a cost: what the channel cost, in the reporting currency. -#}
select
    costs.acquisition_channel,
    calendar.month_start as cost_month,
    cast(sum({{ converted_amount("costs.cost", "rates.rate_to_reporting") }}) as decimal(38, 6)) as cost
from {{ ref("stg_marketing__acquisition_costs") }} as costs
inner join {{ ref("int_calendar_days") }} as calendar
    on costs.month = calendar.date_day
left join {{ ref("int_exchange_rates_daily") }} as rates
    on
        {{ foreign_currency("costs.currency") }} = rates.currency
        and costs.month = rates.date_day
group by costs.acquisition_channel, calendar.month_start
