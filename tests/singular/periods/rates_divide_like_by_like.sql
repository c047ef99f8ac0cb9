-- What: what a retention rate takes from a segment's start is about those who were there at the start: they lose at most
--       what they had, crr counts nobody who was neither retained nor joined, and only a plan is moved between.
-- When it fails: a rate divides what happened to others than those it divides by. Compare the columns *_of_start of the
--       segment returned with the movements of fct_customer_movements by plan_id_start.
select
    period_grain,
    period_start,
    segment_type,
    segment_value,
    customers_start,
    customers_end,
    mrr_start,
    mrr_contraction,
    mrr_contraction_of_start,
    mrr_expansion,
    mrr_expansion_of_start,
    mrr_churn
from {{ ref("fct_segment_periods") }}
where
    mrr_start + mrr_contraction_of_start + mrr_churn < 0
    or mrr_contraction_of_start > 0
    or mrr_expansion_of_start < 0
    or customers_start - customers_churned - customers_moved_out < 0
    or (
        segment_type <> 'plan'
        and (
            mrr_contraction_of_start <> mrr_contraction
            or mrr_expansion_of_start <> mrr_expansion
            or customers_end - customers_acquired > customers_start - customers_churned + customers_reactivated
        )
    )
