-- What: subscriptions of a segment type add up to segment `all`, moves between its values cancel out, and their reasons sum to
--       those that churned.
-- When it fails: a subscription fell between two segments of the type returned, or counts in both.
{%- set measures = [
    "subscriptions_start", "subscriptions_new", "subscriptions_reactivated", "subscriptions_churned",
    "subscriptions_churned_replaced", "subscriptions_end", "subscriptions_acquired", "subscriptions_came_and_went",
    "subscriptions_left_and_returned",
] %}
with types as (
    select
        period_grain,
        period_start,
        segment_type,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }},
        {%- endfor %}
        sum(subscriptions_churned_voluntary + subscriptions_churned_involuntary + subscriptions_churned_unknown) as of_a_type,
        sum(subscriptions_moved_in - subscriptions_moved_out) as moved
    from {{ ref("rpt_subscription_churn_rates") }}
    group by period_grain, period_start, segment_type
),

reasons as (
    select
        period_grain,
        period_start,
        segment_type,
        sum(subscriptions_churned) as subscriptions_churned,
        sum(subscriptions_churned_replaced) as subscriptions_churned_replaced
    from {{ ref("rpt_subscription_churn_reasons") }}
    group by period_grain, period_start, segment_type
)

select types.*
from types
inner join types as everyone
    on
        types.period_grain = everyone.period_grain
        and types.period_start = everyone.period_start
        and everyone.segment_type = 'all'
left join reasons
    on
        types.period_grain = reasons.period_grain
        and types.period_start = reasons.period_start
        and types.segment_type = reasons.segment_type
where
    types.moved <> 0
    or types.of_a_type <> types.subscriptions_churned
    or types.subscriptions_churned <> coalesce(reasons.subscriptions_churned, 0)
    or types.subscriptions_churned_replaced <> coalesce(reasons.subscriptions_churned_replaced, 0)
    {%- for measure in measures %}
    or types.{{ measure }} <> everyone.{{ measure }}
    {%- endfor %}
