{#-
    One row per contact with what came of it within the window of its metric. A control who was contacted after all stays a
    control: who is compared was drawn before anything happened, and what happened may have led to the contact.
-#}
with contacted_after_all as (
    select distinct controls.contact_id
    from {{ ref("int_contacts") }} as controls
    inner join {{ ref("int_play_moments") }} as moments
        on
            controls.customer_id = moments.customer_id
            and controls.metric = moments.metric
            and controls.contacted_at = moments.moment_at
    inner join {{ ref("int_contacts") }} as contacts
        on
            controls.customer_id = contacts.customer_id
            and controls.campaign = contacts.campaign
            and controls.trigger_code = contacts.trigger_code
            and contacts.contacted_at between controls.contacted_at and moments.until_at
            and not contacts.is_control
    where controls.is_control
)

select
    contacts.*,
    {%- for attribute in customer_attributes() %}
    customers.{{ attribute }},
    {%- endfor %}
    coalesce(moments.is_over, false) as is_over,
    contacted_after_all.contact_id is not null as is_contacted_after_all,
    outcomes.value,
    -- of who was concerned only: who came back before was not won back
    case when outcomes.value is not null then cast(states.mrr_after - states.mrr_before as decimal(38, 6)) end as mrr_gained,
    case when outcomes.value is not null then cast(coalesce(receipts.received, 0) as decimal(38, 6)) end as received
from {{ ref("int_contacts") }} as contacts
inner join {{ ref("int_customers") }} as customers
    on contacts.customer_id = customers.customer_id
left join contacted_after_all
    on contacts.contact_id = contacted_after_all.contact_id
left join {{ ref("int_play_moments") }} as moments
    on
        contacts.customer_id = moments.customer_id
        and contacts.metric = moments.metric
        and contacts.contacted_at = moments.moment_at
left join {{ ref("int_play_outcomes") }} as outcomes
    on
        contacts.customer_id = outcomes.customer_id
        and contacts.metric = outcomes.metric
        and contacts.contacted_at = outcomes.moment_at
left join {{ ref("int_play_states") }} as states
    on
        contacts.customer_id = states.customer_id
        and contacts.metric = states.metric
        and contacts.contacted_at = states.moment_at
left join {{ ref("int_play_receipts") }} as receipts
    on
        contacts.customer_id = receipts.customer_id
        and contacts.metric = receipts.metric
        and contacts.contacted_at = receipts.moment_at
