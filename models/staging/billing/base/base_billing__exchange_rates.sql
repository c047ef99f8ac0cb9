{{ config(materialized="table") }}

{{ landed_rows("exchange_rates", source("raw", "exchange_rates")) }}
