{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", meta={"landed": "invoices"}) }}

{{ landed_rows("invoices", source("raw", "invoices"), first_rates=ref("stg_billing__first_exchange_rates")) }}
