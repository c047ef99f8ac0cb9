-- What the export leaves out, and what has no price.
select
    'none of the ' || count(*) || ' subscriptions is canceled: whoever loads them may leave those out (Stripe''s API does, '
    || 'unless it is asked for status=all), and then nobody ever churns' as says
from used.subscriptions
having count(*) >= 10 and not bool_or(lower(status) = 'canceled')
union all
select count(*) || ' subscriptions are paused: since the start of their current period, as far as is known'
from used.subscriptions
where pause is not null and lower(status) in ('active', 'past_due')
having count(*) > 0
union all
select count(*) || ' subscriptions are past due or unpaid: since the start of their current period, as far as is known'
from used.subscriptions
where lower(status) in ('past_due', 'unpaid') and id not in (select subscription_id from payments)
having count(*) > 0
union all
select says from without_price
union all
select count(distinct item_id) || ' items have prices with tax, and nothing says what they are without'
from item_prices
where is_with_tax
having count(*) > 0
union all
select says from left_behind
