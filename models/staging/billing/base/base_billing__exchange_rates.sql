{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", meta={"landed": "exchange_rates"}) }}

{{ landed_rows("exchange_rates", source("raw", "exchange_rates")) }}
