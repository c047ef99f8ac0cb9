select count(*) || ' subscriptions have no amount: neither mrr nor items nor a plan_amount is there' as says
from standing where amount is null having count(*) > 0
union all
select count(*) || ' subscriptions are counted before discounts, as their mrr is not there or they ended'
from standing where not has_mrr and amount > 0 having count(*) > 0
union all
select 'none of ' || count(*) || ' subscriptions is cancelled: whoever loads them may leave those out'
from standing having count(*) > 20 and count(ended_at) = 0
