-- The moments that the newest version names. A trial is paid for from its conversion or its end on, if it goes on then.
select
    id,
    as_time(trial_started_at) as tried_at,
    case when state_now = 'expired' then as_time(expires_at) end as ended_at,
    coalesce(as_time(converted_at), as_time(trial_ends_at), as_time(activated_at), as_time(created_at)) as would_begin,
    case
        when coalesce(ended_at > would_begin, would_begin <= max(seen_at) over () or tried_at is null) then would_begin
    end as begins
from versions
where next_seen_at is null
