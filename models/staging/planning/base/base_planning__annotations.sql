{{ config(materialized=grown_by_increments(), incremental_strategy="add_landed_rows", meta={"landed": "annotations"}) }}

{{ landed_rows("annotations", source("raw", "annotations")) }}
