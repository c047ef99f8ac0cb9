{{ config(materialized=grown_by_increments(), incremental_strategy="add_landed_rows", meta={"landed": "acquisition_costs"}) }}

{{ landed_rows("acquisition_costs", source("raw", "acquisition_costs"), first_rates=ref("stg_billing__first_exchange_rates")) }}
