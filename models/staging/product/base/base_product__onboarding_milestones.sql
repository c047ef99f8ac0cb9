{{ config(materialized=grown_by_increments(), incremental_strategy="add_landed_rows", meta={"landed": "onboarding_milestones"}) }}

{{ landed_rows("onboarding_milestones", source("raw", "onboarding_milestones")) }}
