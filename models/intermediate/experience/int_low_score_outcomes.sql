{#-
    One row per low score of a known customer: whether it was contacted in time, and what became of it. What is compared
    begins when the time for a contact is over, for those with a contact and those without: who left before, or answered
    again, could not have been changed by one.
-#}
with low_scores as (
    select
        unhappy.*,
        moment.as_of,
        moment.as_of_on,
        {{ days_later("unhappy.responded_at", "contact_days.value") }} as contact_until,
        {{ days_later("unhappy.responded_at", "retention_days.value") }} as retained_at,
        use_days.value as use_days
    from {{ ref("int_unhappy_answers") }} as unhappy
    cross join {{ ref("int_report_moment") }} as moment
    inner join {{ ref("thresholds") }} as contact_days
        on contact_days.threshold = 'feedback_contact_days'
    inner join {{ ref("thresholds") }} as retention_days
        on retention_days.threshold = 'feedback_retention_days'
    inner join {{ ref("thresholds") }} as use_days
        on use_days.threshold = 'feedback_use_days'
    where unhappy.is_low_score
),

in_days as (
    select
        *,
        {{ reporting_date("contact_until") }} as contact_until_on
    from low_scores
),

dated as (
    select
        *,
        cast({{ dbt.dateadd("day", "-cast(use_days as integer)", "responded_on") }} as date) as use_from,
        cast({{ dbt.dateadd("day", "cast(use_days as integer)", "contact_until_on") }} as date) as use_until
    from in_days
),

next_scores as (
    select
        low_scores.response_id,
        answers.points,
        row_number() over (
            partition by low_scores.response_id
            order by answers.responded_at, answers.response_id
        ) as place
    from low_scores
    inner join {{ ref("int_survey_answers") }} as answers
        on
            low_scores.customer_id = answers.customer_id
            and low_scores.survey_type = answers.survey_type
            and low_scores.touchpoint_type = answers.touchpoint_type
            and low_scores.contact_until < answers.responded_at
    where answers.points is not null
),

-- by month, of which few lie near a low score: days are in its bits, and those of use are far more
first_use as (
    select min(first_used_on) as used_on from {{ ref("int_engagement_months") }}
),

months_near as (
    select
        dated.*,
        months.month_start,
        months.days_bits
    from dated
    inner join {{ ref("int_engagement_months") }} as months
        on
            dated.customer_id = months.customer_id
            and dated.use_from <= months.last_used_on
            and dated.use_until > months.first_used_on
),

days_of_months as (
    {{ days_of_a_month() }}
),

days_near as (
    select
        months.*,
        cast({{ dbt.dateadd("day", "days.day_number - 1", "months.month_start") }} as date) as used_on
    from months_near as months
    inner join days_of_months as days
        on (months.days_bits & days.bit) <> 0
),

days_used as (
    select
        response_id,
        count(case when used_on >= use_from and used_on < responded_on then 1 end) as days_before,
        count(case when used_on >= contact_until_on and used_on < use_until then 1 end) as days_after
    from days_near
    group by response_id
)

select
    dated.response_id,
    dated.customer_id,
    dated.survey_type,
    dated.touchpoint_type,
    dated.responded_on,
    dated.score,
    {{ segment_value("customers.customer_segment") }} as customer_segment,
    dated.contacted_at,
    dated.channel,
    coalesce(dated.contacted_at <= dated.contact_until, false) as is_contacted_in_time,
    -- a customer who never was one by the events is not lost: a business may have surveys alone
    dated.contact_until <= dated.as_of and coalesce(contact_ends.is_active, true) as is_compared,
    next_scores.points - dated.points as score_change,
    case
        when
            first_use.used_on <= dated.use_from and dated.use_until <= dated.as_of_on
            then coalesce(days_used.days_after, 0) - coalesce(days_used.days_before, 0)
    end as use_change,
    case when dated.retained_at <= dated.as_of and contact_ends.is_active then retained.is_active end as is_retained
from dated
inner join {{ ref("int_customers") }} as customers
    on dated.customer_id = customers.customer_id
cross join first_use
left join next_scores
    on dated.response_id = next_scores.response_id and next_scores.place = 1
left join days_used
    on dated.response_id = days_used.response_id
left join {{ ref("int_customer_changes") }} as contact_ends
    on
        dated.customer_id = contact_ends.customer_id
        and dated.contact_until >= contact_ends.changed_at
        and dated.contact_until < coalesce(contact_ends.next_changed_at, timestamp '9999-12-31')
left join {{ ref("int_customer_changes") }} as retained
    on
        dated.customer_id = retained.customer_id
        and dated.retained_at >= retained.changed_at
        and dated.retained_at < coalesce(retained.next_changed_at, timestamp '9999-12-31')
