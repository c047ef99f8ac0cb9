{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", meta={"landed": "campaign_contacts"}) }}

{{ landed_rows("campaign_contacts", source("raw", "campaign_contacts")) }}
