-- What: the risks of a segment add up to what is at risk, and with what is not at risk to the MRR and customers of now.
-- When it fails: rpt_mrr_at_risk counts a subscription or a customer under two risks or under none. Compare the segment
--                returned with int_subscription_risks on the day of as_of.
{%- set sums = ["customers", "subscriptions", "mrr"] %}
with risks as (
    select
        segment_type,
        segment_value,
        {%- for column in sums %}
        sum(case when risk not in ('at_risk', 'not_at_risk') then {{ column }} else 0 end) as {{ column }}_by_risk,
        sum(case when risk = 'at_risk' then {{ column }} else 0 end) as {{ column }}_at_risk,
        sum(case when risk in ('at_risk', 'not_at_risk') then {{ column }} else 0 end) as {{ column }}_in_all,
        {%- endfor %}
        count(*) as risks
    from {{ ref("rpt_mrr_at_risk") }}
    group by segment_type, segment_value
),

today as (
    select
        count(case when states.is_active then 1 end) as subscriptions,
        count(distinct case when states.is_active then states.customer_id end) as customers,
        coalesce(sum(states.mrr), 0) as mrr
    from {{ ref("int_subscription_states") }} as states
    where states.valid_to is null
)

select
    risks.*,
    today.subscriptions,
    today.customers,
    today.mrr
from today
left join risks
    on risks.segment_type = 'all'
where
    coalesce(risks.mrr_in_all, 0) <> today.mrr
    or coalesce(risks.customers_in_all, 0) <> today.customers
    or coalesce(risks.subscriptions_in_all, 0) <> today.subscriptions
union all
select
    risks.*,
    null as subscriptions,
    null as customers,
    null as mrr
from risks
where
    risks.mrr_by_risk <> risks.mrr_at_risk
    or risks.customers_by_risk <> risks.customers_at_risk
    or risks.subscriptions_by_risk <> risks.subscriptions_at_risk
