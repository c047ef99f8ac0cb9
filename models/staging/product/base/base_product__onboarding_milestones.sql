{{ config(materialized="view") }}

{{ checked_rows("onboarding_milestones", source("raw", "onboarding_milestones")) }}
