select 'periods are read with their last day in `to`, as the next ones begin a day later' as says
from lines having max(until - end_day) = 1
union all
select count(*) || ' subscriptions still count whose paid time is over, for no longer than an invoice may be late'
from (select subscription, max(next_edge) as paid_until from states group by subscription) as paid
cross join (select cast(max(last_load) as date) as day from lines)
anti join subscription_events as ends
    on ends.subscription_id = paid.subscription and ends.occurred_at = paid.paid_until
    and ends.event_type in ('cancelled', 'expired')
where paid_until <= day
having count(*) > 0
union all
select count(*) || ' subscriptions have terms that overlap, and the last issued decides: those that add up need ids of their own'
from (
    select distinct subscription
    from stretches anti join credited using (subscription, day, place)
    where not is_credit group by subscription, day having count(*) > 1
)
having count(*) > 0
union all
select count(*) || ' credits are for no term of an earlier invoice, and lower no MRR'
from (from terms where is_credit) as credits
anti join credited on credited.subscription = credits.subscription and credited.credit_place = credits.place
having count(*) > 0
