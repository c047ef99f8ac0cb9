select 'no row has a tax_percentage: amounts are with the tax that stores take off' as says
from terms having count(*) > 0 and count(tax_percentage) = 0
union all
select count(*) || ' subscriptions begin with a later renewal: the exports before are not here, and they count from there'
from (select min_by(try_cast(renewal_number as integer), begins) as nth from terms group by subscription)
where nth > 1 having count(*) > 0
union all
select count(*) || ' refunded terms have no price of their purchase: their revenue is not known'
from terms where amount is null and not is_trial having count(*) > 0
