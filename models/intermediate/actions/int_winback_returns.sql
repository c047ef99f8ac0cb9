{#- One row per loss after which the customer came back: how long it took, what it pays, and what it paid until its next loss. -#}
with returns as (
    select
        losses.customer_id,
        losses.churned_at,
        losses.returned_at,
        next_losses.churned_at as lost_again_at
    from {{ ref("int_churn_events") }} as losses
    left join {{ ref("int_churn_events") }} as next_losses
        on losses.customer_id = next_losses.customer_id and losses.returned_at = next_losses.became_customer_at
    where losses.returned_at is not null
),

received as (
    select
        returns.customer_id,
        returns.churned_at,
        sum(receipts.received) as received
    from returns
    inner join {{ ref("int_receipts") }} as receipts
        on
            returns.customer_id = receipts.customer_id
            and returns.returned_at <= receipts.received_at
            and coalesce(returns.lost_again_at > receipts.received_at, true)
    group by returns.customer_id, returns.churned_at
)

select
    returns.customer_id,
    returns.churned_at,
    {{ whole_days("returns.churned_at", "returns.returned_at") }} as days_to_return,
    changes.mrr as mrr_won_back,
    cast(coalesce(received.received, 0) as decimal(38, 6)) as received
from returns
inner join {{ ref("int_customer_changes") }} as changes
    on returns.customer_id = changes.customer_id and returns.returned_at = changes.changed_at
left join received
    on returns.customer_id = received.customer_id and returns.churned_at = received.churned_at
