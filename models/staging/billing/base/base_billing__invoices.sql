{{ config(materialized="table") }}

{{ landed_rows("invoices", source("raw", "invoices"), first_rates=ref("stg_billing__first_exchange_rates")) }}
