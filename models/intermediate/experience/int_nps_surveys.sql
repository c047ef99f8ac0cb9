{#- One row per NPS survey about the own business, as seen at as_of, with the segments of the one who was asked. -#}
with surveys as (
    select
        surveys.response_id,
        surveys.customer_id,
        surveys.touchpoint,
        surveys.weight,
        coalesce(surveys.sent_at, surveys.responded_at) as sent_at,
        -- an answer later than as_of is not seen
        case
            when surveys.responded_at <= moment.as_of and surveys.score is not null then surveys.responded_at
        end as responded_at,
        case when surveys.responded_at <= moment.as_of then surveys.score end as score
    from {{ ref("stg_surveys__survey_responses") }} as surveys
    inner join {{ ref("int_report_moment") }} as moment
        on coalesce(surveys.sent_at, surveys.responded_at) <= moment.as_of
    where surveys.survey_type = 'nps' and surveys.subject is null
)

select
    surveys.response_id,
    surveys.customer_id,
    -- some tools write the word where the contract leaves the field empty
    case when coalesce(lower(trim(surveys.touchpoint)), 'relational') = 'relational' then 'relational' else 'transactional' end
        as touchpoint_type,
    {{ reporting_date("surveys.sent_at") }} as sent_on,
    {{ reporting_date("surveys.responded_at") }} as responded_on,
    surveys.responded_at,
    {{ survey_band("surveys.score") }} as band,
    coalesce(surveys.weight, 1) as weight,
    {%- for segment in attribute_segments() %}
    {{ segment_value("customers." ~ segment) }} as {{ segment }},
    {%- endfor %}
    {{ segment_value("changes.plan_id") }} as plan
from surveys
left join {{ ref("int_customers") }} as customers
    on surveys.customer_id = customers.customer_id
-- the plan it had when it answered, or when it was asked
left join {{ ref("int_customer_changes") }} as changes
    on
        surveys.customer_id = changes.customer_id
        and coalesce(surveys.responded_at, surveys.sent_at) >= changes.changed_at
        and coalesce(surveys.responded_at, surveys.sent_at) < coalesce(changes.next_changed_at, timestamp '9999-12-31')
