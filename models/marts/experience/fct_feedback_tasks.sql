with answers as (
    select * from {{ ref("int_unhappy_answers") }}
),

owned as (
    select
        answers.*,
        coalesce(topics.owner, customers.owner, others.owner) as owner,
        case
            when topics.owner is not null then 'topic'
            when customers.owner is not null then 'account'
            when others.owner is not null then 'default'
        end as owner_by,
        cast({{ dbt.dateadd("day", "cast(coalesce(topics.due_days, others.due_days) as integer)", "answers.responded_on") }} as date) as due_on
    from answers
    inner join {{ ref("int_customers") }} as customers
        on answers.customer_id = customers.customer_id
    inner join {{ ref("feedback_owners") }} as others
        on others.topic = '(other)'
    left join {{ ref("feedback_owners") }} as topics
        on answers.topic = topics.topic
),

judged as (
    select
        owned.*,
        case
            when owned.contacted_at is not null then 'done'
            when owned.due_on < moment.as_of_on then 'overdue'
            else 'open'
        end as status
    from owned
    cross join {{ ref("int_report_moment") }} as moment
),

final as (
    select
        response_id,
        customer_id,
        survey_type,
        touchpoint_type,
        responded_at,
        score,
        is_low_score,
        is_negative_comment,
        topic,
        owner,
        owner_by,
        due_on,
        status,
        status = 'overdue' as is_overdue,
        contacted_at,
        campaign,
        channel,
        contacted_on <= due_on as is_in_time
    from judged
)

select * from final
