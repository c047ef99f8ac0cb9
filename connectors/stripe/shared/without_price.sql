-- Items whose revenue is not counted, and why.
select count(distinct item_id) || ' metered items have no amount: their revenue is not recurring and not counted' as says
from item_prices
where is_metered
having count(*) > 0
union all
select count(distinct item_id) || ' items have a price that is not there (prices, plans): their revenue is not known'
from item_prices
where amount is null and not is_metered
having count(*) > 0
