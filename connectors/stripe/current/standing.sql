-- Each subscription as it stands.
select id, status, trial_end, current_period_start, current_period_end, created, synced_at
from used.subscriptions
