{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", meta={"landed": "targets"}) }}

{{ landed_rows("targets", source("raw", "targets")) }}
