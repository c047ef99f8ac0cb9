{#- Money received less refunds within the window of each moment of a play. -#}
select
    moments.customer_id,
    moments.metric,
    moments.moment_at,
    sum(receipts.received) as received
from {{ ref("int_play_moments") }} as moments
inner join {{ ref("int_receipts") }} as receipts
    on
        moments.customer_id = receipts.customer_id
        and moments.moment_at < receipts.received_at
        and moments.until_at >= receipts.received_at
where moments.is_over
group by moments.customer_id, moments.metric, moments.moment_at
