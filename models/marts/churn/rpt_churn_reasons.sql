{%- set legs = [("all", "'all'")] -%}
{%- for segment in attribute_segments() %}{% do legs.append((segment, segment)) %}{% endfor -%}
{%- do legs.append(("plan", "plan_id_start")) -%}

with churned as (
    select
        *,
        coalesce(reason_category, '(none)') as category,
        coalesce(reason_code, '(none)') as reason
    from {{ ref("fct_customer_movements") }}
    where movement_type = 'churn'
),

final as (
    {%- for segment_type, segment_value in legs %}
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        '{{ segment_type }}' as segment_type,
        {{ segment_value }} as segment_value,
        churn_type,
        category as reason_category,
        reason as reason_code,
        count(*) as customers_churned,
        cast(sum(mrr_lost) as decimal(38, 6)) as mrr_lost
    from churned
    group by period_grain, period_start, period_end, is_complete_period, segment_value, churn_type, category, reason
    {{ "union all" if not loop.last }}
    {%- endfor %}
)

select * from final
