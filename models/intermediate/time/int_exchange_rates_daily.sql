with rates as (
    select
        currency,
        rate_date,
        rate_to_reporting
    from {{ ref("stg_billing__exchange_rates") }}
),

currencies as (
    select distinct currency from rates
),

moment as (
    -- a day is a UTC day here: east of Greenwich the first one begins before the calendar does
    select cast({{ dbt.dateadd("day", -1, "first_event_on") }} as date) as first_day
    from {{ ref("int_report_moment") }}
),

calendar as (
    select date_day from {{ ref("int_calendar_days") }}
    union all
    select first_day as date_day from moment
),

first_days as (
    -- older rates hold on the first day
    select
        rates.currency,
        max(rates.rate_date) as rate_date
    from rates
    inner join moment
        on rates.rate_date <= moment.first_day
    group by rates.currency
),

days as (
    select
        currencies.currency,
        calendar.date_day,
        coalesce(rates.rate_to_reporting, first_rates.rate_to_reporting) as rate_to_reporting
    from currencies
    cross join calendar
    cross join moment
    left join rates
        on currencies.currency = rates.currency and calendar.date_day = rates.rate_date
    left join first_days
        on currencies.currency = first_days.currency and calendar.date_day = moment.first_day
    left join rates as first_rates
        on first_days.currency = first_rates.currency and first_days.rate_date = first_rates.rate_date
),

numbered as (
    select
        currency,
        date_day,
        rate_to_reporting,
        count(rate_to_reporting) over (partition by currency order by date_day) as rate_number
    from days
)

select
    currency,
    date_day,
    max(rate_to_reporting) over (partition by currency, rate_number) as rate_to_reporting
from numbered
where rate_number > 0
