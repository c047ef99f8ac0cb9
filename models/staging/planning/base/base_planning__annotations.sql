{{ config(materialized="table") }}

{{ landed_rows("annotations", source("raw", "annotations")) }}
