-- What: the customers of rpt_concentration have together the MRR at the end of each month, quarter and year.
-- When it fails: int_mrr_levels lost or doubled a change of a customer. Compare its amounts in the period returned with
--                int_customer_changes.
select
    concentration.*,
    segments.mrr_end
from {{ ref("fct_segment_periods") }} as segments
left join {{ ref("rpt_concentration") }} as concentration
    on segments.period_grain = concentration.period_grain and segments.period_start = concentration.period_start
where
    segments.segment_type = 'all'
    and segments.period_grain in ('{{ cell_grains() | join("', '") }}')
    and (concentration.mrr is distinct from segments.mrr_end or concentration.customers > segments.customers_end)
