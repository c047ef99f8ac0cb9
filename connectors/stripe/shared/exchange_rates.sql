-- Stripe gives, for each day, what a US cent buys of every currency's minor unit. The rates of a day stand in the row of
-- the day after. A currency's rate to the reporting currency is the quotient of two of them, in whole units.
with rates as (
    select
        cast(as_time(listed.date) as date) - 1 as rate_date,
        upper(listed.currency) as currency,
        cast(listed.buy_currency_exchange_rates ->> ('$."' || listed.currency || '"') as double)
        * power(10, 2 - decimals_of(listed.currency)) as for_one_dollar
    from (
        select date, buy_currency_exchange_rates, unnest(json_keys(buy_currency_exchange_rates)) as currency
        from used.exchange_rates_from_usd
    ) as listed
),

-- dollars may not stand in their own list
with_dollars as (
    select rate_date, currency, for_one_dollar from rates where currency <> 'USD'
    union all
    select distinct rate_date, 'USD', 1.0 from rates
)

select
    rates.rate_date,
    rates.currency,
    cast(reporting.for_one_dollar / rates.for_one_dollar as decimal(28, 12)) as rate_to_reporting
from with_dollars as rates
inner join with_dollars as reporting
    on reporting.rate_date = rates.rate_date and reporting.currency = reporting_currency()
where rates.for_one_dollar > 0 and rates.currency <> reporting_currency() and regexp_full_match(rates.currency, '[A-Z]{3}')
