{{ config(materialized="view") }}

{{ checked_rows("customers", source("raw", "customers")) }}
