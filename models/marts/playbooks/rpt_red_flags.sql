{%- set period_columns = ["period_grain", "period_start", "period_end", "is_complete_period", "segment_type", "segment_value", "customers_start"] | join(", ") -%}
{%- set pooled_columns = ["customers_start", "customers_churned", "customers_end", "mrr_end"] -%}

with months as (
    select
        *,
        {%- for pooled in pooled_columns %}
        sum({{ pooled }}) over until_here as {{ pooled }}_so_far,
        {%- endfor %}
        row_number() over until_here as month_number
    from {{ ref("fct_segment_periods") }}
    where period_grain = 'month'
    window until_here as (
        partition by segment_type, segment_value
        order by period_start rows unbounded preceding
    )
),

trailing_months as (
    -- those that rpt_clv would pool at the end of each month
    select
        months.period_grain,
        months.period_start,
        months.period_end,
        months.is_complete_period,
        months.segment_type,
        months.segment_value,
        {%- for pooled in pooled_columns %}
        months.{{ pooled }}_so_far - coalesce(before.{{ pooled }}_so_far, 0) as pooled_{{ pooled }},
        {%- endfor %}
        months.month_number,
        months.customers_start
    from months
    inner join {{ ref("thresholds") }} as clv_window
        on clv_window.threshold = 'clv_window_months'
    left join months as before
        on
            months.segment_type = before.segment_type
            and months.segment_value = before.segment_value
            and months.month_number - clv_window.value = before.month_number
),

lifetime_values as (
    select
        *,
        {{ ratio(ratio("pooled_mrr_end", "pooled_customers_end"), ratio("pooled_customers_churned", "pooled_customers_start")) }} as clv,
        case
            when pooled_customers_start = 0 or pooled_customers_end = 0 then 'no_customers'
            when pooled_customers_churned = 0 then 'no_churn'
        end as no_clv_reason
    from trailing_months
),

neighbours as (
    select
        *,
        lag(clv) over in_time as previous_clv,
        lag(no_clv_reason) over in_time as no_previous_clv_reason
    from lifetime_values
    window in_time as (partition by segment_type, segment_value order by period_start)
),

terms as (
    select
        period_grain,
        period_start,
        segment_type,
        reported_value,
        sum(mrr_of_terms) as mrr_of_terms
    from ({{ as_reported(ref("int_terms_changes")) }}) as reported
    group by period_grain, period_start, segment_type, reported_value
),

with_terms as (
    -- a discount for a longer interval is no downgrade
    select
        periods.*,
        coalesce(terms.mrr_of_terms, 0) as mrr_of_terms
    from {{ ref("fct_segment_periods") }} as periods
    left join terms
        on
            periods.period_grain = terms.period_grain
            and periods.period_start = terms.period_start
            and periods.segment_type = terms.segment_type
            and periods.segment_value = terms.reported_value
),

flags as (
    select
        {{ period_columns }},
        'lost_more_than_gained' as flag_code,
        {{ as_double("customers_churned - customers_new - customers_reactivated") }} as value,
        cast(null as {{ dbt.type_string() }}) as no_value_reason
    from {{ ref("fct_segment_periods") }}
    union all
    select
        {{ period_columns }},
        'contraction_above_expansion' as flag_code,
        {{ as_double("-mrr_contraction - mrr_expansion + mrr_of_terms") }} as value,
        cast(null as {{ dbt.type_string() }}) as no_value_reason
    from with_terms
    union all
    select
        {{ period_columns }},
        'high_churn' as flag_code,
        {{ ratio("customers_churned", "customers_start") }} as value,
        case when customers_start = 0 then 'no_customers' end as no_value_reason
    from {{ ref("fct_segment_periods") }}
    where period_grain = 'month'
    union all
    select
        {{ period_columns }},
        'clv_falling' as flag_code,
        1 - {{ ratio("clv", "previous_clv") }} as value,
        case
            when month_number = 1 then 'no_previous_period'
            when previous_clv = 0 then 'no_mrr'
            else coalesce(no_clv_reason, no_previous_clv_reason)
        end as no_value_reason
    from neighbours
),

judged as (
    select
        flags.period_grain,
        flags.period_start,
        flags.period_end,
        flags.is_complete_period,
        flags.segment_type,
        flags.segment_value,
        flags.flag_code,
        flags.customers_start,
        flags.value,
        {{ as_double("red_flags.threshold") }} as threshold,
        case
            when not flags.is_complete_period or flags.value is null then null
            when {{ is_above("flags.value", "red_flags.threshold") }} then 'raised'
            else 'clear'
        end as verdict,
        case when flags.is_complete_period then flags.no_value_reason else 'incomplete_period' end as no_verdict_reason
    from flags
    inner join {{ ref("red_flags") }} as red_flags
        on flags.flag_code = red_flags.flag_code
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type,
        segment_value,
        flag_code,
        customers_start,
        value,
        threshold,
        verdict,
        no_verdict_reason
    from judged
    where period_grain not in ('{{ fine_grains() | join("', '") }}') or verdict = 'raised'
)

select * from final
