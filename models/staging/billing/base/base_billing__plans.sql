{{ config(materialized="table") }}

{{ landed_rows("plans", source("raw", "plans")) }}
