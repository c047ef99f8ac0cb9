{{ config(materialized="view") }}

{{ checked_rows("targets", source("raw", "targets")) }}
