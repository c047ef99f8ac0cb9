{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", meta={"landed": "annotations"}) }}

{{ landed_rows("annotations", source("raw", "annotations")) }}
