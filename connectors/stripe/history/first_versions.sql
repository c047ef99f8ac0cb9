-- The oldest version of each subscription that was loaded.
select * exclude (nth)
from (
    select
        *,
        row_number() over (partition by id order by as_time(coalesce(version_at, synced_at, created)), synced_at) as nth
    from used.subscription_history
)
where nth = 1
