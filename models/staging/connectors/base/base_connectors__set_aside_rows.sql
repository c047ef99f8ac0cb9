{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", meta={"landed": "set_aside_rows"}) }}

{{ landed_rows("set_aside_rows", source("raw", "set_aside_rows")) }}
