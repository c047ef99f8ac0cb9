select 'every subscription has one version: their plans and prices are today''s from the start' as says
from versions having count(*) > 20 and count(state_before) = 0
union all
select count(distinct id) || ' subscriptions have a plan that is not there: their amount counts as monthly'
from versions where billing_interval is null having count(*) > 0
union all
select count(*) || ' subscriptions expired for a reason that reasons.csv does not know, such as ' || min(expiration_reason)
from versions where next_seen_at is null and state_now = 'expired'
    and lower(expiration_reason) not in (select recurly_reason from reasons) having count(*) > 0
