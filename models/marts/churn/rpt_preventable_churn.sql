{%- set amounts = {"customers_churned": "sums.customers", "mrr_lost": "sums.mrr_lost"} -%}

with churned as (
    select
        sums.period_grain,
        sums.period_start,
        sums.segment_type,
        {%- for name, amount in amounts.items() %}
        sum({{ amount }}) as {{ name }},
        sum(case when reasons.is_preventable then {{ amount }} else 0 end) as {{ name }}_preventable,
        sum(case when not reasons.is_preventable then {{ amount }} else 0 end) as {{ name }}_natural,
        {%- endfor %}
        -- where it left
        case when sums.segment_type = 'plan' then sums.plan_id_start else sums.segment_value end as left_segment
    from {{ ref("int_movement_sums_reported") }} as sums
    left join {{ ref("churn_reasons") }} as reasons
        on sums.reason_code = {{ as_contract_type("reasons.reason_code", "code") }}
    where sums.movement_type = 'churn'
    group by sums.period_grain, sums.period_start, sums.segment_type, left_segment
),

filled as (
    -- a period without a loss is a row too
    select
        periods.*,
        {%- for name in amounts %}
        coalesce(churned.{{ name }}_preventable, 0) as {{ name }}_preventable,
        coalesce(churned.{{ name }}_natural, 0) as {{ name }}_natural,
        {%- endfor %}
        coalesce(churned.mrr_lost, 0) as mrr_lost
    from {{ ref("fct_segment_periods") }} as periods
    left join churned
        on
            periods.period_grain = churned.period_grain
            and periods.period_start = churned.period_start
            and periods.segment_type = churned.segment_type
            and periods.segment_value = churned.left_segment
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type,
        segment_value,
        customers_start,
        customers_churned,
        cast(customers_churned_preventable as bigint) as customers_churned_preventable,
        cast(customers_churned_natural as bigint) as customers_churned_natural,
        cast(customers_churned - customers_churned_preventable - customers_churned_natural as bigint)
            as customers_churned_unexplained,
        {{ ratio("customers_churned_preventable", "customers_start") }} as preventable_churn_rate,
        {{ ratio("customers_churned_natural", "customers_start") }} as natural_churn_rate,
        {{ ratio("customers_churned_preventable", "customers_churned_preventable + customers_churned_natural") }}
            as preventable_share,
        cast(mrr_lost as decimal(38, 6)) as mrr_lost,
        cast(mrr_lost_preventable as decimal(38, 6)) as mrr_lost_preventable,
        cast(mrr_lost_natural as decimal(38, 6)) as mrr_lost_natural
    from filled
)

select * from final
