select cast(as_time(rate_date) as date) as rate_date, currency, rate_to_reporting from used.exchange_rates
