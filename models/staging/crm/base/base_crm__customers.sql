{{ config(materialized=grown_by_increments(), incremental_strategy="add_landed_rows", meta={"landed": "customers"}) }}

{{ landed_rows("customers", source("raw", "customers")) }}
