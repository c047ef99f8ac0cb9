{{ config(materialized=grown_by_increments(), incremental_strategy="add_landed_rows", meta={"landed": "support_tickets"}) }}

{{ landed_rows("support_tickets", source("raw", "support_tickets")) }}
