{#- Whether a message was clicked: of who got one only. -#}
select
    moments.customer_id,
    moments.metric,
    moments.moment_at,
    max(case when contacts.clicked_at <= moments.until_at then 1 else 0 end) as value
from {{ ref("int_play_moments") }} as moments
inner join {{ ref("int_contacts") }} as contacts
    on
        moments.customer_id = contacts.customer_id
        and moments.metric = contacts.metric
        and moments.moment_at = contacts.contacted_at
        and not contacts.is_control
where moments.measure = 'clicked' and moments.is_over
group by moments.customer_id, moments.metric, moments.moment_at
