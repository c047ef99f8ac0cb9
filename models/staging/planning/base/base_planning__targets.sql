{{ config(materialized=grown_by_increments(), incremental_strategy="add_landed_rows", meta={"landed": "targets"}) }}

{{ landed_rows("targets", source("raw", "targets")) }}
