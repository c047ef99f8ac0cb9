{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", meta={"landed": "orders"}) }}

{{ landed_rows("orders", source("raw", "orders"), first_rates=ref("stg_billing__first_exchange_rates")) }}
