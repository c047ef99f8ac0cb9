{{ config(materialized="table") }}

{{ landed_rows("onboarding_milestones", source("raw", "onboarding_milestones")) }}
