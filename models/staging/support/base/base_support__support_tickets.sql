{{ config(materialized="table") }}

{{ landed_rows("support_tickets", source("raw", "support_tickets")) }}
