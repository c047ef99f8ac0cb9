{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", meta={"landed": "onboarding_milestones"}) }}

{{ landed_rows("onboarding_milestones", source("raw", "onboarding_milestones")) }}
