-- What: the last complete month of rpt_clv_by_month says of a segment's costs what rpt_clv says.
-- When it fails: the two pool other months (threshold clv_window_months) or other customers.
with last_months as (
    select
        *,
        row_number() over (partition by segment_type, segment_value order by period_start desc) as months_ago
    from {{ ref("rpt_clv_by_month") }}
    where is_complete_period
)

select
    clv.segment_type,
    clv.segment_value,
    clv.cac,
    last_months.cac as cac_by_month,
    clv.clv_to_cac,
    last_months.clv_to_cac as clv_to_cac_by_month
from {{ ref("rpt_clv") }} as clv
inner join last_months
    on
        clv.segment_type = last_months.segment_type
        and clv.segment_value = last_months.segment_value
        and last_months.months_ago = 1
where
    abs(coalesce(clv.cac, -1) - coalesce(last_months.cac, -1)) > 0.000001
    or abs(coalesce(clv.clv_to_cac, -1) - coalesce(last_months.clv_to_cac, -1)) > 0.000001
    or abs(coalesce(clv.cac_payback_months, -1) - coalesce(last_months.cac_payback_months, -1)) > 0.000001
