-- What: mrr_end = start + new + reactivation + expansion + contraction + churn + moved, and the start of a period is the
--       end of the one before, to the last decimal, in every period, grain and segment of the published report.
-- When it fails: rpt_mrr_movements no longer says what fct_segment_periods summed. Compare the two for the row returned.
with periods as (
    select
        *,
        lag(mrr_end) over (partition by period_grain, segment_type, segment_value order by period_start) as previous_end
    from {{ ref("rpt_mrr_movements") }}
)

select *
from periods
where
    mrr_end <> mrr_start + mrr_new + mrr_reactivation + mrr_expansion + mrr_contraction + mrr_churn + mrr_moved
    or mrr_start <> coalesce(previous_end, 0)
    or mrr_end < 0
    or mrr_contraction > 0
    or mrr_churn > 0
