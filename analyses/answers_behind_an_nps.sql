-- From an NPS to its answers: of each customer the latest one of the period, which alone counts (anonymous ones each do).
-- Change the lines under `asked` to the row of rpt_nps in question; the rows by band are its promoters, passives and
-- detractors. What they wrote is in fct_survey_responses by response_id.
with asked as (
    select
        'quarter' as period_grain,
        cast('2025-04-01' as date) as period_start,
        'relational' as touchpoint_type,
        'smb' as customer_segment
),

answers as (
    select
        surveys.*,
        row_number() over (
            partition by
                surveys.customer_id,
                case when surveys.customer_id is null then surveys.response_id end
            order by surveys.responded_at desc, surveys.response_id desc
        ) as answer_rank
    from {{ ref("int_nps_surveys") }} as surveys
    inner join {{ ref("int_calendar_periods") }} as calendar
        on surveys.responded_on = calendar.date_day
    inner join asked
        on
            calendar.period_grain = asked.period_grain
            and calendar.period_start = asked.period_start
            and surveys.touchpoint_type = asked.touchpoint_type
            and surveys.customer_segment = asked.customer_segment
)

select
    band,
    customer_id,
    response_id,
    responded_at,
    weight,
    plan,
    country
from answers
where answer_rank = 1
order by band, customer_id, response_id
