-- The ledger with the MRR of each item after each change: the running sum of its changes.
with changes as (
    select
        *,
        as_time(event_timestamp) as moment,
        case upper(event_type) when 'ACTIVE_START' then 1 when 'ACTIVE_END' then 3 else 2 end as place
    from used.subscription_item_change_events
)

select
    *,
    sum(try_cast(mrr_change as decimal(30, 6))) over item_so_far as mrr,
    sum(try_cast(quantity_change as decimal(18, 4))) over item_so_far as quantity,
    row_number() over item_so_far as nth,
    row_number() over (partition by subscription_item_id order by moment desc, place desc, event_type desc) as nth_from_last
from changes
window item_so_far as (
    partition by subscription_item_id order by moment, place, event_type rows unbounded preceding
)
