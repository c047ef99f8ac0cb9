{{ config(materialized="view") }}

{{ checked_rows("campaign_contacts", source("raw", "campaign_contacts")) }}
