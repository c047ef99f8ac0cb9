{%- set subscriptions = ["new", "reactivated", "churned", "switched_in", "switched_out"] -%}
{%- set money = ["new", "reactivation", "expansion", "contraction", "switch_in", "switch_out", "churn"] -%}
{%- set customers = ["gained", "lost"] -%}
{%- set start = {
    "subscriptions": "(subscriptions_end - subscriptions_change)",
    "customers": "(customers_end - customers_change)",
} -%}

with first_days as (
    -- also of a product whose subscriptions came and went within a period
    select
        {{ segment_value("coalesce(changes.event_product_id, plans.product_id)") }} as product_id,
        min(changes.changed_on) as first_subscription_on
    from {{ ref("int_subscription_changes") }} as changes
    left join {{ ref("dim_plans") }} as plans
        on changes.plan_id = plans.plan_id
    where changes.is_active
    group by {{ segment_value("coalesce(changes.event_product_id, plans.product_id)") }}
),

filled as (
    select
        {%- for measure in subscriptions %}
        coalesce(sums.subscriptions_{{ measure }}, 0) as subscriptions_{{ measure }},
        {%- endfor %}
        {%- for measure in money %}
        coalesce(sums.mrr_{{ measure }}, 0) as mrr_{{ measure }},
        {%- endfor %}
        {%- for measure in customers %}
        coalesce(holders.customers_{{ measure }}, 0) as customers_{{ measure }},
        {%- endfor %}
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.is_complete_period,
        first_days.product_id
    from first_days
    inner join {{ ref("int_periods") }} as periods
        on first_days.first_subscription_on < periods.period_end
    left join {{ ref("int_product_movement_sums") }} as sums
        on
            periods.period_grain = sums.period_grain
            and periods.period_start = sums.period_start
            and first_days.product_id = sums.product_id
    left join {{ ref("int_product_customer_sums") }} as holders
        on
            periods.period_grain = holders.period_grain
            and periods.period_start = holders.period_start
            and first_days.product_id = holders.product_id
    where periods.period_grain not in ('{{ fine_grains() | join("', '") }}')
),

changed as (
    select
        *,
        subscriptions_new + subscriptions_reactivated - subscriptions_churned
        + subscriptions_switched_in - subscriptions_switched_out as subscriptions_change,
        mrr_new + mrr_reactivation + mrr_expansion + mrr_contraction + mrr_churn + mrr_switch_in + mrr_switch_out as mrr_change,
        customers_gained - customers_lost as customers_change
    from filled
),

ends as (
    select
        *,
        sum(subscriptions_change) over until_here as subscriptions_end,
        sum(mrr_change) over until_here as mrr_end,
        sum(customers_change) over until_here as customers_end
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
        {%- for measure in subscriptions %}
        cast(subscriptions_{{ measure }} as bigint) as subscriptions_{{ measure }},
        {%- endfor %}
        cast({{ start.subscriptions }} as bigint) as subscriptions_start,
        cast(subscriptions_end as bigint) as subscriptions_end,
        {%- for measure in money %}
        cast(mrr_{{ measure }} as decimal(38, 6)) as mrr_{{ measure }},
        {%- endfor %}
        cast(mrr_end - mrr_change as decimal(38, 6)) as mrr_start,
        cast(mrr_end as decimal(38, 6)) as mrr_end,
        {%- for measure in customers %}
        cast(customers_{{ measure }} as bigint) as customers_{{ measure }},
        {%- endfor %}
        cast({{ start.customers }} as bigint) as customers_start,
        cast(customers_end as bigint) as customers_end,
        {{ ratio("subscriptions_churned", start.subscriptions) }} as churn_rate,
        {{ wilson("subscriptions_churned", start.subscriptions, "lower") }} as churn_rate_lower,
        {{ wilson("subscriptions_churned", start.subscriptions, "upper") }} as churn_rate_upper,
        {{ ratio("customers_lost", start.customers) }} as product_churn_rate,
        {{ wilson("customers_lost", start.customers, "lower") }} as product_churn_rate_lower,
        {{ wilson("customers_lost", start.customers, "upper") }} as product_churn_rate_upper
    from ends
)

select * from final
