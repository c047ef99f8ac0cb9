{{ config(materialized="table") }}

{{ landed_rows("orders", source("raw", "orders"), first_rates=ref("stg_billing__first_exchange_rates")) }}
