{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", meta={"landed": "plans"}) }}

{{ landed_rows("plans", source("raw", "plans")) }}
