{{ config(materialized="view") }}

{{ checked_rows("support_tickets", source("raw", "support_tickets")) }}
