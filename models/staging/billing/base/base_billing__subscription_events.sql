{{ config(materialized=grown_by_increments(), incremental_strategy="delete+insert", unique_key=["event_id"]) }}

{{ landed_rows("subscription_events", source("raw", "subscription_events"), first_rates=ref("stg_billing__first_exchange_rates"), grows=true) }}
