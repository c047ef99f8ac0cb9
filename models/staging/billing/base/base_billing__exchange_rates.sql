{{ config(materialized=grown_by_increments(), incremental_strategy="add_landed_rows", meta={"landed": "exchange_rates"}) }}

{{ landed_rows("exchange_rates", source("raw", "exchange_rates")) }}
