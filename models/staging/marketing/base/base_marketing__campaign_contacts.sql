{{ config(materialized="table") }}

{{ landed_rows("campaign_contacts", source("raw", "campaign_contacts")) }}
