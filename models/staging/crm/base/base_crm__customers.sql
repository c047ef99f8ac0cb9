{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", meta={"landed": "customers"}) }}

{{ landed_rows("customers", source("raw", "customers")) }}
