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

first_days as (
    -- rates older than the calendar hold on its first day
    select
        rates.currency,
        max(rates.rate_date) as rate_date
    from rates
    inner join {{ ref("int_report_moment") }} as moment
        on rates.rate_date <= moment.first_event_on
    group by rates.currency
),

days as (
    select
        currencies.currency,
        calendar.date_day,
        coalesce(rates.rate_to_reporting, first_rates.rate_to_reporting) as rate_to_reporting
    from currencies
    cross join {{ ref("int_calendar_days") }} as calendar
    cross join {{ ref("int_report_moment") }} as moment
    left join rates
        on currencies.currency = rates.currency and calendar.date_day = rates.rate_date
    left join first_days
        on currencies.currency = first_days.currency and calendar.date_day = moment.first_event_on
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
