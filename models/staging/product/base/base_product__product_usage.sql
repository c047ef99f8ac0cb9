{{ config(materialized="view") }}

{{ checked_rows("product_usage", source("raw", "product_usage")) }}
