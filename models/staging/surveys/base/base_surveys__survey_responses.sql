{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", meta={"landed": "survey_responses"}) }}

{{
    landed_rows(
        "survey_responses",
        source("raw", "survey_responses"),
        further_checks=[
            ["score_not_whole", "typed.score <> floor(typed.score)"],
            ["score_out_of_range", "typed.score < case typed.survey_type when 'nps' then 0 else 1 end"],
            ["score_out_of_range", "typed.score > case typed.survey_type when 'nps' then 10 when 'csat' then 5 else 7 end"],
            ["score_without_answer_time", "typed.score is not null and typed.responded_at is null"],
        ],
    )
}}
