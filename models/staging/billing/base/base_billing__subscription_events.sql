{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", meta={"landed": "subscription_events"}) }}

{{ landed_rows("subscription_events", source("raw", "subscription_events"), first_rates=ref("stg_billing__first_exchange_rates")) }}
