{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", meta={"landed": "source_tables"}) }}

{{ landed_rows("source_tables", source("raw", "source_tables")) }}
