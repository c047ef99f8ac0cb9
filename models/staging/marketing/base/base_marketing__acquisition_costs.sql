{{ config(materialized="table") }}

{{ landed_rows("acquisition_costs", source("raw", "acquisition_costs"), first_rates=ref("stg_billing__first_exchange_rates")) }}
