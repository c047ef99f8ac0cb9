-- What: the curve of a channel and month ends at what rpt_acquisition_costs says they have brought, where money is landed.
-- When it fails: the two take other customers or receipts. (A customer's margin has six places, so sums may differ in the last.)
with ends as (
    select
        acquisition_channel,
        joined_month,
        max(months_since) as months_since
    from {{ ref("rpt_cac_payback") }}
    group by acquisition_channel, joined_month
),

receipts as (
    select count(*) as number_of_receipts from {{ ref("int_receipts") }}
)

select
    costs.acquisition_channel,
    costs.joined_month,
    costs.historic_margin,
    curves.margin_so_far
from {{ ref("rpt_acquisition_costs") }} as costs
cross join receipts
left join ends
    on costs.acquisition_channel = ends.acquisition_channel and costs.joined_month = ends.joined_month
left join {{ ref("rpt_cac_payback") }} as curves
    on
        ends.acquisition_channel = curves.acquisition_channel
        and ends.joined_month = curves.joined_month
        and ends.months_since = curves.months_since
where
    receipts.number_of_receipts > 0
    and costs.customers_joined > 0
    and not coalesce(abs(costs.historic_margin - curves.margin_so_far) <= 0.000001 * costs.customers_joined, false)
