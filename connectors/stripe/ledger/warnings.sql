-- A ledger that is not whole: no item has less than nothing, and none keeps revenue when it ended.
select
    count(distinct subscription_item_id) || ' items have less MRR than 0, or some after their end: rows of the ledger are '
    || 'missing, from ' || subscription_item_id_of_one || ' on' as says
from (
    select *, min(subscription_item_id) over () as subscription_item_id_of_one
    from changes
    where mrr < 0 or (place = 3 and mrr <> 0)
)
group by subscription_item_id_of_one
