{{ config(materialized="table") }}

{{ landed_rows("targets", source("raw", "targets")) }}
