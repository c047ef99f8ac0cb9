{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", meta={"landed": "product_usage"}) }}

{{ landed_rows("product_usage", source("raw", "product_usage")) }}
