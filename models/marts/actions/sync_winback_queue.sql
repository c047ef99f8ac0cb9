{#- What the offers seed names a reason by, the closest first. -#}
{%- set names = ["lost.reason_code", "lost.reason_category", "'(any)'"] -%}
with stages as (
    select
        days.*,
        row_number() over (partition by days.customer_id order by days.churned_at desc, days.winback_day desc) as place
    from {{ ref("int_winback_days") }} as days
    where days.returned_at is null
),

lost as (
    -- between the last day that it reached and the end of its time
    select
        stages.*,
        cast({{ dbt.dateadd("day", "cast(stages.due_days as integer)", reporting_date("stages.reached_at")) }} as date) as due_on,
        moment.as_of_on,
        moment.as_of
    from stages
    inner join {{ ref("int_report_moment") }} as moment
        on coalesce(moment.as_of < {{ days_later("stages.reached_at", "stages.within_days") }}, true)
    where stages.place = 1
),

offers as (
    select
        lost.customer_id,
        offers.offer,
        row_number() over (
            partition by lost.customer_id
            order by
                case offers.reason {% for name in names %}when {{ name }} then {{ loop.index }} {% endfor %}end,
                case offers.value_band when '(any)' then 2 else 1 end
        ) as place
    from lost
    inner join {{ ref("winback_offers") }} as offers
        on
            offers.reason in ({{ names | join(", ") }})
            and offers.value_band in (lost.value_band, '(any)')
),

last_contacts as (
    select
        lost.customer_id,
        contacts.contacted_at,
        contacts.campaign,
        contacts.channel,
        row_number() over (partition by lost.customer_id order by contacts.contacted_at desc, contacts.contact_id desc) as place
    from lost
    inner join {{ ref("int_contacts") }} as contacts
        on
            lost.customer_id = contacts.customer_id
            and lost.churned_at < contacts.contacted_at
            and not contacts.is_control
),

judged as (
    select
        lost.*,
        offers.offer,
        coalesce(customers.owner, lost.owner_role) as owner,
        last_contacts.contacted_at as last_contacted_at,
        last_contacts.campaign as last_campaign,
        last_contacts.channel as last_channel,
        case
            when lost.is_control then 'held_out'
            when lost.contacted_at is not null then 'done'
            when lost.due_on < lost.as_of_on then 'overdue'
            else 'open'
        end as status
    from lost
    inner join offers
        on lost.customer_id = offers.customer_id and offers.place = 1 and offers.offer is not null
    inner join {{ ref("int_customers") }} as customers
        on lost.customer_id = customers.customer_id
    left join last_contacts
        on lost.customer_id = last_contacts.customer_id and last_contacts.place = 1
),

final as (
    select
        judged.customer_id,
        judged.trigger_code,
        judged.winback_day,
        {{ shown_time("judged.churned_at") }} as churned_at,
        {{ whole_days("judged.churned_at", "judged.as_of") }} as days_since_loss,
        judged.churn_type,
        judged.reason_code,
        judged.reason_category,
        judged.is_preventable,
        judged.mrr_lost,
        judged.value_band,
        judged.offer,
        judged.owner_role,
        judged.owner,
        judged.due_on,
        judged.status,
        judged.status = 'overdue' as is_overdue,
        case
            when judged.status in ('open', 'overdue')
                then cast(
                    row_number() over (
                        partition by judged.owner, judged.status in ('open', 'overdue')
                        order by judged.mrr_lost desc, judged.customer_id asc
                    ) as bigint
                )
        end as priority,
        judged.last_contacted_at,
        judged.last_campaign,
        judged.last_channel
    from judged
    cross join {{ ref("int_report_moment") }} as moment
)

select * from final
