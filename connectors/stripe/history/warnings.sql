-- What the loader did to the history, and what has no price.
select
    'subscription_history holds the newest version of each of ' || count(distinct id) || ' subscriptions only '
    || '(_fivetran_active): pauses and trouble of before are not known; load all versions' as says
from used.subscription_history
having count(*) > 0 and bool_and(as_yes(is_newest)) and count(*) = count(distinct id)
union all
select 'invoice_line_items is not there: every item has today''s price from its start'
where (select count(*) from used.subscription_history) > 0 and (select count(*) from used.invoice_line_items) = 0
union all
select says from without_price
union all
select count(distinct item_id) || ' items have prices with tax, and no invoice says what they are without'
from item_prices
where is_with_tax
having count(*) > 0
union all
select says from left_behind
