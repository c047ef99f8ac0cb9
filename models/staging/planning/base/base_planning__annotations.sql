{{ config(materialized="view") }}

{{ checked_rows("annotations", source("raw", "annotations")) }}
