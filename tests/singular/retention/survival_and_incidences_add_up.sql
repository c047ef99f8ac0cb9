-- What: on every day of a survival curve those who stayed and those lost by each type add up to 1, the bounds hold the
--       curve, and those at risk are those of the row before less who was lost or passed out of sight there.
-- When it fails: rpt_survival_curves counts a loss in no incidence, or an at-risk set of another day. Compare the row
--                returned with the one before it.
with curves as (
    select
        *,
        lag(at_risk - churned - censored) over (partition by segment_type, segment_value order by tenure_days) as left_over
    from {{ ref("rpt_survival_curves") }}
)

select *
from curves
where
    abs(survival + incidence_voluntary + incidence_involuntary + incidence_unknown - 1) > 1e-9
    or survival_lower > survival
    or survival_upper < survival
    or at_risk <> left_over
    or (left_over is null and tenure_days <> 0)
