{{ config(materialized="view") }}

{{ checked_rows("plans", source("raw", "plans")) }}
