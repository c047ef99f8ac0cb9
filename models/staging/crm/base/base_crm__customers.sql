{{ config(materialized="table") }}

{{ landed_rows("customers", source("raw", "customers")) }}
