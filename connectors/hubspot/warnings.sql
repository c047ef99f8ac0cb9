select count(*) || ' companies have no property with the id of the billing system: they have an id that only HubSpot knows' as says
from accounts where customer_id is null having count(*) > 0
union all
select count(*) || ' ids of the billing system stand at several companies: the oldest counts'
from (select known_as from accounts group by known_as having count(*) > 1) having count(*) > 0
union all
select 'no deal is won or none is there: prospects are told by their lifecycle stage alone'
from accounts having count(*) > 0 and (select count(*) from used.deals) = 0
