{{ config(materialized=grown_by_increments(), incremental_strategy="add_landed_rows", meta={"landed": "product_usage"}) }}

{{ landed_rows("product_usage", source("raw", "product_usage")) }}
