{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", meta={"landed": "acquisition_costs"}) }}

{{ landed_rows("acquisition_costs", source("raw", "acquisition_costs"), first_rates=ref("stg_billing__first_exchange_rates")) }}
