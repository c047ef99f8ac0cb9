-- Subscriptions that go on, in a period that was over a week before the newest moment of all: Stripe would have begun
-- another, so whoever loads them did not bring it, nor an end.
with moments as (
    select
        id,
        as_time(current_period_end) as period_ends,
        greatest(
            as_time(synced_at),
            as_time(created),
            as_time(current_period_start)
        ) as seen_at
    from standing
    where lower(status) in ('active', 'trialing', 'past_due')
)

select
    count(*) || ' subscriptions go on in a period that ended a week or longer before '
    || strftime(max(newest.seen_at), '%Y-%m-%d')
    || ', such as ' || min(moments.id) || ': their loader does not bring what changes, such as ends' as says
from moments
cross join (select max(seen_at) as seen_at from moments) as newest
where moments.period_ends < newest.seen_at - interval 7 day
having count(*) > 0
