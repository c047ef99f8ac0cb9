{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", meta={"landed": "contracts"}) }}

{{
    landed_rows(
        "contracts",
        source("raw", "contracts"),
        first_rates=ref("stg_billing__first_exchange_rates"),
        further_checks=[["ends_before_start", "typed.ends_on < typed.starts_on"]],
    )
}}
