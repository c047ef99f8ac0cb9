{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", meta={"landed": "support_tickets"}) }}

{{ landed_rows("support_tickets", source("raw", "support_tickets")) }}
