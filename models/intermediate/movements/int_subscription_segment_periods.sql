{#-
    Movements of subscriptions by segment, laid on the periods since the segment's first one; the start of a period is the
    running sum of everything before it.
-#}
{#- which a movement counts for: where it left, where it arrived, or where it happened in between -#}
{%- set churned = "case when movement_type = 'churn' then subscriptions else 0 end" -%}
{%- set left_from = {
    "subscriptions_churned": churned,
    "subscriptions_churned_voluntary": "case when churn_type = 'voluntary' then subscriptions else 0 end",
    "subscriptions_churned_involuntary": "case when churn_type = 'involuntary' then subscriptions else 0 end",
    "subscriptions_churned_unknown": "case when churn_type = 'unknown' then subscriptions else 0 end",
    "subscriptions_churned_replaced": "case when is_replaced then subscriptions else 0 end",
} -%}
{%- set arrived_in = {
    "subscriptions_new": "case when movement_type = 'new' then subscriptions else 0 end",
    "subscriptions_reactivated": "case when movement_type = 'reactivation' then subscriptions else 0 end",
} -%}
{%- set happened_in = {
    "subscriptions_acquired": "acquired",
    "subscriptions_came_and_went": "case when movement_type = 'came_and_went' then subscriptions else 0 end",
    "subscriptions_left_and_returned": "case when movement_type = 'left_and_returned' then subscriptions else 0 end",
} -%}
{%- set moved_out = {"subscriptions_moved_out": "case when movement_type = 'moved' then subscriptions else 0 end"} -%}
{%- set moved_in = {"subscriptions_moved_in": "case when movement_type = 'moved' then subscriptions else 0 end"} -%}
{%- set measures = [left_from, arrived_in, happened_in, moved_out, moved_in] | map("list") | sum(start=[]) -%}
{#- legs: which sums, the segment that they count for, which measures are summed there -#}
{%- set legs = [
    ("segment_type <> 'plan'", "segment_value", [left_from, arrived_in, happened_in]),
    ("segment_type = 'plan'", "plan_id_start", [left_from, moved_out]),
    ("segment_type = 'plan'", "plan_id_end", [arrived_in, moved_in]),
    ("segment_type = 'plan'", "plan_id_inside", [happened_in]),
] -%}

with legs as (
    {%- for condition, segment_value, counted in legs %}
    select
        {%- for measure in measures %}
        {{ counted | map(attribute=measure) | select("defined") | first | default("0") }} as {{ measure }},
        {%- endfor %}
        period_grain,
        period_start,
        segment_type,
        {{ segment_value }} as segment_value
    from {{ ref("int_subscription_movement_sums") }}
    where {{ condition }} and {{ segment_value }} is not null
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

sums as (
    select
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }},
        {%- endfor %}
        period_grain,
        period_start,
        segment_type,
        segment_value
    from legs
    group by period_grain, period_start, segment_type, segment_value
),

grains as (
    {{ grain_rows() }}
),

segments as (
    select
        grains.period_grain,
        segments.segment_type,
        case
            when segments.is_small and grains.period_grain in ('{{ fine_grains() | join("', '") }}') then {{ other_segments() }}
            else segments.segment_value
        end as segment_value,
        segments.first_subscription_on
    from {{ ref("int_subscription_segments") }} as segments
    cross join grains
),

first_days as (
    select
        period_grain,
        segment_type,
        segment_value,
        min(first_subscription_on) as first_subscription_on
    from segments
    group by period_grain, segment_type, segment_value
),

filled as (
    select
        {%- for measure in measures %}
        cast(coalesce(sums.{{ measure }}, 0) as bigint) as {{ measure }},
        {%- endfor %}
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.is_complete_period,
        periods.lifecycle,
        first_days.segment_type,
        first_days.segment_value
    from first_days
    inner join {{ ref("int_periods") }} as periods
        on first_days.period_grain = periods.period_grain and first_days.first_subscription_on < periods.period_end
    left join sums
        on
            periods.period_grain = sums.period_grain
            and periods.period_start = sums.period_start
            and first_days.segment_type = sums.segment_type
            and first_days.segment_value = sums.segment_value
),

ends as (
    select
        *,
        subscriptions_new + subscriptions_reactivated - subscriptions_churned + subscriptions_moved_in - subscriptions_moved_out
            as net_change,
        sum(subscriptions_new + subscriptions_reactivated - subscriptions_churned + subscriptions_moved_in - subscriptions_moved_out)
            over (
                partition by period_grain, segment_type, segment_value
                order by period_start rows unbounded preceding
            ) as subscriptions_end
    from filled
)

select
    period_grain,
    period_start,
    period_end,
    is_complete_period,
    lifecycle,
    segment_type,
    segment_value,
    {%- for measure in measures %}
    {{ measure }},
    {%- endfor %}
    cast(subscriptions_end - net_change as bigint) as subscriptions_start,
    cast(subscriptions_end as bigint) as subscriptions_end
from ends
