-- What: of the trials of a month and segment each is converted, lost or open, the segments of a type have all trials, and
--       together the months have every trial that began.
-- When it fails: rpt_trial_conversion counts a trial in no outcome or in two. Compare the month returned with int_trials.
with months as (
    select
        period_start,
        segment_type,
        sum(trials) as trials,
        sum(converted) + sum(lost) + sum(open) as outcomes
    from {{ ref("rpt_trial_conversion") }}
    group by period_start, segment_type
),

begun as (
    select
        month_start as period_start,
        count(*) as trials
    from {{ ref("int_trials") }}
    group by month_start
)

select
    months.*,
    begun.trials as trials_begun
from months
full outer join begun
    on months.period_start = begun.period_start
where
    months.trials <> months.outcomes
    or months.trials is distinct from begun.trials
