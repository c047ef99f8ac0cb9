-- One item of a subscription is one subscription here. Its MRR is the running sum of the ledger's changes.
with changes as (
    select
        *,
        as_time(event_timestamp) as occurred_at,
        case upper(event_type) when 'ACTIVE_START' then 1 when 'ACTIVE_END' then 3 else 2 end as place
    from used.subscription_item_change_events
),

running as (
    select
        *,
        sum(as_money(mrr_change, currency)) over item_so_far as mrr,
        sum(try_cast(quantity_change as decimal(18, 4))) over item_so_far as quantity,
        row_number() over item_so_far as nth
    from changes
    window item_so_far as (
        partition by subscription_item_id order by occurred_at, place, event_type rows unbounded preceding
    )
)

select
    concat_ws('/', subscription_item_id, epoch_ms(occurred_at), lower(event_type)) as event_id,
    customer_id,
    subscription_id || '/' || subscription_item_id as subscription_id,
    case
        when place = 1 and nth = 1 then 'started'
        when place = 1 then 'reactivated'
        when place = 3 then 'cancelled'
        else 'changed'
    end as event_type,
    occurred_at,
    coalesce(product_id, price_id) as plan_id,
    case when place < 3 then greatest(mrr, 0) end as amount,
    upper(currency) as currency,
    'month' as billing_interval,
    case when place < 3 then quantity end as quantity
from running
