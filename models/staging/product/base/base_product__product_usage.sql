{{ config(materialized="table") }}

{{ landed_rows("product_usage", source("raw", "product_usage")) }}
