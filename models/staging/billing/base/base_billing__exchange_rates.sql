{{ config(materialized="view") }}

{{ checked_rows("exchange_rates", source("raw", "exchange_rates")) }}
