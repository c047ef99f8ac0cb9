-- What: the failed payments of all decline reasons of a segment are those of rpt_dunning, with their MRR and what came of them.
-- When it fails: a failure of the period returned has no reason of its own, or counts under two.
with reasons as (
    select
        period_grain,
        period_start,
        segment_type,
        segment_value,
        sum(failures) as failures,
        sum(recovered) as recovered,
        sum(lost) as lost,
        sum(still_open) as still_open,
        sum(mrr_at_risk) as mrr_at_risk,
        sum(mrr_recovered) as mrr_recovered,
        sum(mrr_lost) as mrr_lost,
        sum(mrr_open) as mrr_open,
        count(case when failures <> recovered + lost + still_open then 1 end) as impossible
    from {{ ref("rpt_recovery_by_reason") }}
    group by period_grain, period_start, segment_type, segment_value
),

dunning as (
    select *
    from {{ ref("rpt_dunning") }}
    where period_grain not in ('{{ fine_grains() | join("', '") }}')
)

select
    coalesce(dunning.period_grain, reasons.period_grain) as period_grain,
    coalesce(dunning.period_start, reasons.period_start) as period_start,
    coalesce(dunning.segment_type, reasons.segment_type) as segment_type,
    coalesce(dunning.segment_value, reasons.segment_value) as segment_value,
    dunning.failures,
    reasons.failures as failures_of_reasons,
    reasons.impossible
from dunning
full outer join reasons
    on
        dunning.period_grain = reasons.period_grain
        and dunning.period_start = reasons.period_start
        and dunning.segment_type = reasons.segment_type
        and dunning.segment_value = reasons.segment_value
where
    dunning.failures is distinct from reasons.failures
    or dunning.recovered is distinct from reasons.recovered
    or dunning.lost is distinct from reasons.lost
    or dunning.still_open is distinct from reasons.still_open
    or dunning.mrr_at_risk is distinct from reasons.mrr_at_risk
    or dunning.mrr_recovered is distinct from reasons.mrr_recovered
    or dunning.mrr_lost is distinct from reasons.mrr_lost
    or dunning.mrr_open is distinct from reasons.mrr_open
    or reasons.impossible > 0
