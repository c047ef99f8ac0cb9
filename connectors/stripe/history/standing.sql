-- Each subscription as it stands: its newest version.
select id, status, trial_end, current_period_start, current_period_end, created, synced_at
from used.subscription_history
qualify row_number() over (partition by id order by as_time(coalesce(version_at, synced_at, created)) desc) = 1
