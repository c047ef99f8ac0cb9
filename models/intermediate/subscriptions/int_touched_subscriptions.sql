{#-
    What an increment recomputes: the subscriptions of new rows, of rows that a new version replaced, and of events that
    the new as_of shows and the last one did not, or the other way round. All of them, when times of day come to what were
    dates, or go. Where an end may count at a start of another subscription (switch_grace_minutes), with these all of their
    customers. A full build recomputes all and lists none.
-#}
{%- set rows = ref("base_billing__subscription_events") -%}
{%- set moments = ref("int_report_moment") -%}
{%- if is_increment() %}
{%- set last_states = api.Relation.create(target.database, "intermediate", "int_subscription_states") %}
with of_new_rows as (
    -- the version that was replaced is still there, as a duplicate
    select subscription_id
    from {{ rows }}
    where
        subscription_id is not null
        and event_id in (select {{ as_contract_type("event_id", "text") }} from raw.new_subscription_events)
    union
    select events.subscription_id
    from {{ rows }} as events
    cross join {{ moments }} as moment
    cross join raw.build_plan as plan
    where
        events.row_status = 'accepted'
        and events.occurred_at > least(moment.as_of, plan.previous_as_of)
        and events.occurred_at <= greatest(moment.as_of, plan.previous_as_of)
    union
    select events.subscription_id
    from {{ rows }} as events
    cross join {{ moments }} as moment
    cross join raw.build_plan as plan
    where events.row_status = 'accepted' and moment.times_are_dates <> plan.were_dates
),

touched as (
    select subscription_id
    from of_new_rows
    {%- if var("switch_grace_minutes") | int > 0 %}
    union
    -- a start moves the ends of the customer's other subscriptions
    select subscription_id
    from {{ last_states }}
    where
        customer_id in (
            select customer_id
            from {{ rows }}
            where subscription_id in (select of_new_rows.subscription_id from of_new_rows)
            union
            select customer_id
            from {{ last_states }}
            where subscription_id in (select of_new_rows.subscription_id from of_new_rows)
        )
    {%- endif %}
),

owners as (
    select distinct
        subscription_id,
        customer_id
    from {{ last_states }}
    where subscription_id in (select touched.subscription_id from touched)
)

select
    touched.subscription_id,
    owners.customer_id as previous_customer_id
from touched
left join owners on touched.subscription_id = owners.subscription_id
{%- else %}
select
    subscription_id,
    customer_id as previous_customer_id
from {{ rows }}
where false
{%- endif %}
