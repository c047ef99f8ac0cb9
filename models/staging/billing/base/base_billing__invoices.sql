{{ config(materialized=grown_by_increments(), incremental_strategy="add_landed_rows", meta={"landed": "invoices"}) }}

{{ landed_rows("invoices", source("raw", "invoices"), first_rates=ref("stg_billing__first_exchange_rates")) }}
