-- Each purchase has its price in US dollars too; the highest of a day and currency is the least rounded.
with dollars as (
    select cast(begins as date) as rate_date, upper(currency) as currency,
        max_by(cast(as_number(price_in_usd) as double) / cast(paid as double), as_number(price_in_usd)) as rate
    from terms where as_number(price_in_usd) > 0 and paid > 0 group by all
)

select rates.rate_date, rates.currency,
    cast(rates.rate / case when reporting_currency() = 'USD' then 1 else reporting.rate end as decimal(28, 12)) as rate_to_reporting
from (from dollars union select rate_date, 'USD', 1 from dollars) as rates
asof left join (from dollars where currency = reporting_currency()) as reporting on rates.rate_date >= reporting.rate_date
where rates.currency <> reporting_currency() and (reporting.rate is not null or reporting_currency() = 'USD')
