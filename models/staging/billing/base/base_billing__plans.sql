{{ config(materialized=grown_by_increments(), incremental_strategy="add_landed_rows", meta={"landed": "plans"}) }}

{{ landed_rows("plans", source("raw", "plans")) }}
