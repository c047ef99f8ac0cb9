{{ config(materialized="table") }}

{{ landed_rows("subscription_events", source("raw", "subscription_events"), first_rates=ref("stg_billing__first_exchange_rates")) }}
