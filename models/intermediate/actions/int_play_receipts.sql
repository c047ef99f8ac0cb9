{#- Money received less refunds within the window of each contact's moment, and of each moment of being held out. -#}
with contacted as (
    select distinct
        customer_id,
        metric,
        contacted_at
    from {{ ref("int_contacts") }}
)

select
    moments.customer_id,
    moments.metric,
    moments.moment_at,
    sum(receipts.received) as received
from {{ ref("int_play_moments") }} as moments
inner join contacted
    on
        moments.customer_id = contacted.customer_id
        and moments.metric = contacted.metric
        and moments.moment_at = contacted.contacted_at
inner join {{ ref("int_receipts") }} as receipts
    on
        moments.customer_id = receipts.customer_id
        and moments.moment_at < receipts.received_at
        and moments.until_at >= receipts.received_at
where moments.is_over
group by moments.customer_id, moments.metric, moments.moment_at
