{#-
    One row per survey, as seen at as_of, with all that a report cuts scores by: the attributes of the one who was asked,
    and what it was at that moment.
-#}
with surveys as (
    select
        surveys.response_id,
        surveys.customer_id,
        surveys.survey_type,
        surveys.subject,
        nullif(trim(surveys.touchpoint), '') as touchpoint,
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
),

-- what the customer was when it answered, or when it was asked
moments as (
    select
        surveys.*,
        changes.plan_id,
        changes.mrr,
        changes.is_active,
        case
            when changes.is_active
                then {{ whole_days("changes.became_customer_at", "coalesce(surveys.responded_at, surveys.sent_at)") }}
        end as tenure_days
    from surveys
    left join {{ ref("int_customer_changes") }} as changes
        on
            surveys.customer_id = changes.customer_id
            and coalesce(surveys.responded_at, surveys.sent_at) >= changes.changed_at
            and coalesce(surveys.responded_at, surveys.sent_at) < coalesce(changes.next_changed_at, timestamp '9999-12-31')
),

tenure_bands as (
    select
        band,
        from_value,
        coalesce(lead(from_value) over (order by from_value), 1000000) as until_value
    from {{ ref("segment_bands") }}
    where measure = 'tenure'
)

select
    moments.response_id,
    moments.customer_id,
    moments.survey_type,
    moments.subject,
    case when moments.survey_type = 'nps' then {{ touchpoint_type("moments.touchpoint") }} end as touchpoint_type,
    {{ reporting_date("moments.sent_at") }} as sent_on,
    {{ reporting_date("moments.responded_at") }} as responded_on,
    moments.responded_at,
    cast(moments.score as integer) as score,
    coalesce(moments.weight, 1) as weight,
    {%- for attribute in customer_attributes() %}
    {{ segment_value("customers." ~ attribute) }} as {{ attribute }},
    {%- endfor %}
    {{ segment_value("moments.plan_id") }} as plan,
    {{ segment_value("moments.touchpoint") }} as touchpoint,
    case
        when moments.customer_id is null then {{ segment_value("null") }}
        when moments.is_active is null then 'prospect'
        when not moments.is_active then 'former'
        when moments.tenure_days < onboarding.value then 'onboarding'
        else 'established'
    end as lifecycle_stage,
    moments.mrr,
    moments.tenure_days,
    {{ segment_value("tenure_bands.band") }} as tenure_band
from moments
inner join {{ ref("thresholds") }} as onboarding
    on onboarding.threshold = 'onboarding_days'
left join {{ ref("int_customers") }} as customers
    on moments.customer_id = customers.customer_id
left join tenure_bands
    on moments.tenure_days >= tenure_bands.from_value and moments.tenure_days < tenure_bands.until_value
