{#-
    One row per loss and win-back day (30, 60, 90 days after it in the playbook) that came before the customer was back,
    with the first contact of that trigger, or the moment of being held out.
-#}
with stages as (
    select
        trigger_code,
        cast(threshold as integer) as winback_day,
        due_days,
        within_days,
        owner_role
    from {{ ref("playbook") }}
    where condition = 'days_since_loss'
),

losses as (
    select
        losses.*,
        coalesce(bands.band, '(none)') as value_band
    from {{ ref("int_churn_events") }} as losses
    left join {{ ref("int_value_bands") }} as bands
        on
            losses.mrr_lost >= bands.from_value
            and coalesce(losses.mrr_lost < bands.until_value, true)
),

reached as (
    select
        losses.*,
        stages.trigger_code,
        stages.winback_day,
        stages.due_days,
        stages.within_days,
        stages.owner_role,
        {{ days_later("losses.churned_at", "stages.winback_day") }} as reached_at,
        moment.as_of
    from losses
    cross join stages
    cross join {{ ref("int_report_moment") }} as moment
),

contacts as (
    select
        reached.customer_id,
        reached.churned_at,
        reached.trigger_code,
        contacts.contacted_at,
        contacts.is_control,
        row_number() over (
            partition by reached.customer_id, reached.churned_at, reached.trigger_code
            order by contacts.contacted_at, contacts.contact_id
        ) as place
    from reached
    inner join {{ ref("int_contacts") }} as contacts
        on
            reached.customer_id = contacts.customer_id
            and reached.trigger_code = contacts.trigger_code
            and reached.churned_at < contacts.contacted_at
            and coalesce(reached.returned_at > contacts.contacted_at, true)
)

select
    reached.customer_id,
    reached.churned_at,
    reached.trigger_code,
    reached.winback_day,
    reached.due_days,
    reached.within_days,
    reached.owner_role,
    reached.reached_at,
    reached.churn_type,
    reached.reason_code,
    coalesce(reached.reason_category, '(none)') as reason_category,
    reached.is_preventable,
    reached.value_band,
    reached.mrr_lost,
    reached.returned_at,
    contacts.contacted_at,
    contacts.is_control
from reached
left join contacts
    on
        reached.customer_id = contacts.customer_id
        and reached.churned_at = contacts.churned_at
        and reached.trigger_code = contacts.trigger_code
        and contacts.place = 1
where reached.reached_at <= reached.as_of and coalesce(reached.returned_at > reached.reached_at, true)
