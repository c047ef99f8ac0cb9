{#-
    What was known of a customer at the moment of its answer, and what became of it: the rows that rpt_nps_drivers is worked
    out from. Nothing after the answer is looked at, but for whether the customer left.
-#}
with answers as (
    select
        surveys.response_id,
        surveys.customer_id,
        surveys.responded_at,
        cast({{ dbt.date_trunc("month", "surveys.responded_on") }} as date) as month_start,
        surveys.score,
        surveys.plan,
        surveys.mrr,
        surveys.tenure_days,
        row_number() over (order by surveys.responded_at desc, surveys.response_id desc) as recency
    from {{ ref("int_surveys") }} as surveys
    where
        surveys.survey_type = 'nps'
        and surveys.subject is null
        and surveys.touchpoint_type = 'relational'
        and surveys.score is not null
        -- of who is no customer there is little to know, and nothing to lose
        and surveys.tenure_days is not null
),

latest as (
    select answers.*
    from answers
    inner join {{ ref("thresholds") }} as most
        on most.threshold = 'nps_driver_most_answers' and answers.recency <= most.value
),

tickets as (
    select
        latest.response_id,
        count(*) as tickets_90_days,
        avg(
            case
                when tickets.closed_at <= latest.responded_at
                    then {{ as_double(seconds_between("tickets.opened_at", "tickets.closed_at")) }} / 3600
            end
        ) as hours_to_resolution
    from latest
    inner join {{ ref("stg_support__support_tickets") }} as tickets
        on
            latest.customer_id = tickets.customer_id
            and latest.responded_at >= tickets.opened_at
            and {{ days_later("latest.responded_at", -90) }} < tickets.opened_at
    group by latest.response_id
),

failures as (
    select
        latest.response_id,
        count(*) as failed_payments_90_days
    from latest
    inner join {{ ref("int_payment_failures") }} as failures
        on
            latest.customer_id = failures.customer_id
            and latest.responded_at >= failures.failed_at
            and {{ days_later("latest.responded_at", -90) }} < failures.failed_at
    group by latest.response_id
),

price_rises as (
    select
        latest.response_id,
        count(*) as price_rises_180_days
    from latest
    inner join {{ ref("int_mrr_changes_by_driver") }} as changes
        on
            latest.customer_id = changes.customer_id
            and latest.responded_at >= changes.changed_at
            and {{ days_later("latest.responded_at", -180) }} < changes.changed_at
            and changes.mrr_price > 0
    group by latest.response_id
),

losses as (
    select
        latest.response_id,
        count(*) as losses
    from latest
    inner join {{ ref("int_churn_events") }} as churn_events
        on
            latest.customer_id = churn_events.customer_id
            and latest.responded_at < churn_events.churned_at
            and {{ days_later("latest.responded_at", 90) }} >= churn_events.churned_at
    group by latest.response_id
)

select
    latest.response_id,
    latest.customer_id,
    latest.score,
    -- known once the days have passed
    case
        when {{ days_later("latest.responded_at", 90) }} <= moment.as_of then coalesce(losses.losses, 0) > 0
    end as is_lost_in_90_days,
    latest.plan,
    latest.tenure_days,
    {{ as_double("latest.mrr") }} as mrr,
    coalesce(last_month.days_used, 0) as days_used_last_month,
    coalesce(last_month.days_used, 0) - coalesce(month_before.days_used, 0) as days_used_more_than_before,
    coalesce(tickets.tickets_90_days, 0) as tickets_90_days,
    tickets.hours_to_resolution,
    coalesce(failures.failed_payments_90_days, 0) as failed_payments_90_days,
    coalesce(price_rises.price_rises_180_days, 0) as price_rises_180_days
from latest
cross join {{ ref("int_report_moment") }} as moment
left join {{ ref("int_engagement_months") }} as last_month
    on
        latest.customer_id = last_month.customer_id
        and cast({{ dbt.dateadd("month", -1, "latest.month_start") }} as date) = last_month.month_start
left join {{ ref("int_engagement_months") }} as month_before
    on
        latest.customer_id = month_before.customer_id
        and cast({{ dbt.dateadd("month", -2, "latest.month_start") }} as date) = month_before.month_start
left join tickets
    on latest.response_id = tickets.response_id
left join failures
    on latest.response_id = failures.response_id
left join price_rises
    on latest.response_id = price_rises.response_id
left join losses
    on latest.response_id = losses.response_id
