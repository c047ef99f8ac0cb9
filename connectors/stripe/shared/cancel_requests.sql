-- When somebody asked for an end that was to come later, and when that was taken back.
with states_in_order as (
    select
        subscription_id,
        moment,
        status,
        cancel_requested_at,
        lag(cancel_requested_at) over (partition by subscription_id order by moment) as requested_before
    from states
)

select distinct subscription_id, 'cancel_requested' as event_type, cancel_requested_at as moment
from states_in_order
where cancel_requested_at is not null
union all
-- a renewal clears a request; there is no event that does nothing else
select subscription_id, 'renewed', moment
from states_in_order
where requested_before is not null and cancel_requested_at is null and status = 'active'
