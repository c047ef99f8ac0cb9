-- Every part of the health score has a weight that is not negative and two different ends, every score a band, and every
-- stage a cadence from its first day on.
-- When it fails: the rows returned name the seed and the row of it to mend.
select
    'health_parts' as seed,
    part as row_key
from {{ ref("health_parts") }}
where weight < 0 or worst = best
union all
select
    'health_bands' as seed,
    'no band begins at 0' as row_key
from {{ ref("health_bands") }}
having coalesce(min(from_score) <> 0, true)
union all
select
    'contact_cadences' as seed,
    stage as row_key
from {{ ref("contact_cadences") }}
group by stage
having min(from_tenure_days) <> 0 or min(cadence_days) <= 0
