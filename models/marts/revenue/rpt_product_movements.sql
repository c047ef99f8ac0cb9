{#- which product a movement counts for: the one it left, or the one it arrived in -#}
{%- set left_from = {
    "subscriptions_churned": "case when movement_type = 'churn' then subscriptions else 0 end",
    "subscriptions_switched_out": "case when movement_type = 'moved' then subscriptions else 0 end",
    "mrr_churn": "case when movement_type = 'churn' then -mrr_start else 0 end",
    "mrr_switch_out": "case when movement_type = 'moved' then -mrr_start else 0 end",
} -%}
{%- set arrived_in = {
    "subscriptions_new": "case when movement_type = 'new' then subscriptions else 0 end",
    "subscriptions_reactivated": "case when movement_type = 'reactivation' then subscriptions else 0 end",
    "subscriptions_switched_in": "case when movement_type = 'moved' then subscriptions else 0 end",
    "mrr_new": "case when movement_type = 'new' then mrr_end else 0 end",
    "mrr_reactivation": "case when movement_type = 'reactivation' then mrr_end else 0 end",
    "mrr_expansion": "case when movement_type = 'expansion' then mrr_end - mrr_start else 0 end",
    "mrr_contraction": "case when movement_type = 'contraction' then mrr_end - mrr_start else 0 end",
    "mrr_switch_in": "case when movement_type = 'moved' then mrr_start else 0 end",
} -%}
{%- set measures = (left_from | list) + (arrived_in | list) -%}
{%- set legs = {"product_id_start": left_from, "product_id_end": arrived_in} -%}

with movements as (
    select
        sums.period_grain,
        sums.period_start,
        sums.movement_type,
        sums.mrr_start,
        sums.mrr_end,
        sums.subscriptions,
        case when sums.plan_id_start is not null then {{ segment_value("starts.product_id") }} end as product_id_start,
        case when sums.plan_id_end is not null then {{ segment_value("ends.product_id") }} end as product_id_end
    from {{ ref("int_subscription_movement_sums") }} as sums
    left join {{ ref("dim_plans") }} as starts
        on sums.plan_id_start = starts.plan_id
    left join {{ ref("dim_plans") }} as ends
        on sums.plan_id_end = ends.plan_id
    where sums.segment_type = 'plan' and sums.period_grain not in ('{{ fine_grains() | join("', '") }}')
),

legs as (
    {%- for product_id, counted in legs.items() %}
    select
        {%- for measure in measures %}
        {{ counted.get(measure, "0") }} as {{ measure }},
        {%- endfor %}
        period_grain,
        period_start,
        {{ product_id }} as product_id
    from movements
    where
        {{ product_id }} is not null
        -- from one plan to another of the same product is no switch
        and (movement_type <> 'moved' or product_id_start <> product_id_end)
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
        product_id
    from legs
    group by period_grain, period_start, product_id
),

first_days as (
    -- also of a product whose subscriptions came and went within a period
    select
        {{ segment_value("plans.product_id") }} as product_id,
        min(segments.first_subscription_on) as first_subscription_on
    from {{ ref("int_subscription_segments") }} as segments
    left join {{ ref("dim_plans") }} as plans
        on segments.segment_value = plans.plan_id
    where segments.segment_type = 'plan'
    group by {{ segment_value("plans.product_id") }}
),

filled as (
    select
        {%- for measure in measures %}
        coalesce(sums.{{ measure }}, 0) as {{ measure }},
        {%- endfor %}
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.is_complete_period,
        first_days.product_id
    from first_days
    inner join {{ ref("int_periods") }} as periods
        on first_days.first_subscription_on < periods.period_end
    left join sums
        on
            periods.period_grain = sums.period_grain
            and periods.period_start = sums.period_start
            and first_days.product_id = sums.product_id
    where periods.period_grain not in ('{{ fine_grains() | join("', '") }}')
),

changed as (
    select
        *,
        subscriptions_new + subscriptions_reactivated - subscriptions_churned
        + subscriptions_switched_in - subscriptions_switched_out as subscriptions_change,
        mrr_new + mrr_reactivation + mrr_expansion + mrr_contraction + mrr_churn + mrr_switch_in + mrr_switch_out as mrr_change
    from filled
),

ends as (
    select
        *,
        sum(subscriptions_change) over until_here as subscriptions_end,
        sum(mrr_change) over until_here as mrr_end
    from changed
    window until_here as (partition by period_grain, product_id order by period_start rows unbounded preceding)
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        product_id,
        {%- for measure in measures if measure.startswith("subscriptions_") %}
        cast({{ measure }} as bigint) as {{ measure }},
        {%- endfor %}
        cast(subscriptions_end - subscriptions_change as bigint) as subscriptions_start,
        cast(subscriptions_end as bigint) as subscriptions_end,
        {%- for measure in measures if measure.startswith("mrr_") %}
        cast({{ measure }} as decimal(38, 6)) as {{ measure }},
        {%- endfor %}
        cast(mrr_end - mrr_change as decimal(38, 6)) as mrr_start,
        cast(mrr_end as decimal(38, 6)) as mrr_end,
        {{ ratio("subscriptions_churned", "subscriptions_end - subscriptions_change") }} as churn_rate,
        {{ wilson("subscriptions_churned", "(subscriptions_end - subscriptions_change)", "lower") }} as churn_rate_lower,
        {{ wilson("subscriptions_churned", "(subscriptions_end - subscriptions_change)", "upper") }} as churn_rate_upper
    from ends
)

select * from final
