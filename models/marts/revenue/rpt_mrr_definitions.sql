{#- [definition of a churn rate, numerator, denominator]: those of rpt_churn_rate_definitions that other tools use -#}
{%- set rates = [
    ("start_cohort", "customers_churned", "customers_start"),
    ("starters_lost", "customers_churned + customers_left_and_returned", "customers_start"),
    ("all_lost", "customers_lost", "customers_start"),
    ("start_plus_new", "customers_lost", "customers_start + customers_acquired"),
] -%}
{%- set flows = ["new", "reactivated", "churned", "left_and_returned", "lost", "acquired"] -%}

with periods as (
    select
        periods.*,
        definitions.definition,
        definitions.churn_rate_definition
    from {{ ref("fct_segment_periods") }} as periods
    cross join {{ ref("mrr_definitions") }} as definitions
    where periods.segment_type <> 'plan' and periods.period_grain in ('{{ cell_grains() | join("', '") }}')
),

differences as (
    select
        definition,
        period_grain,
        period_start,
        segment_type,
        segment_value,
        sum(mrr) as mrr
    from {{ ref("int_mrr_differences") }}
    group by definition, period_grain, period_start, segment_type, segment_value
),

counts as (
    select
        periods.definition,
        periods.churn_rate_definition,
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.is_complete_period,
        periods.segment_type,
        periods.segment_value,
        periods.mrr_end,
        {%- for flow in flows %}
        coalesce(customers.customers_{{ flow }}, 0) as customers_{{ flow }},
        {%- endfor %}
        coalesce(customers.customers_end, 0) as customers
    from periods
    left join {{ ref("int_counted_customers") }} as customers
        on
            periods.definition = customers.definition
            and periods.period_grain = customers.period_grain
            and periods.period_start = customers.period_start
            and periods.segment_type = customers.segment_type
            and periods.segment_value = customers.segment_value
),

with_starts as (
    select
        *,
        customers - customers_new - customers_reactivated + customers_churned as customers_start
    from counts
),

rated as (
    select
        *,
        case churn_rate_definition
            {%- for definition, numerator, denominator in rates %}
            when '{{ definition }}' then {{ numerator }}
            {%- endfor %}
        end as churn_numerator,
        case churn_rate_definition
            {%- for definition, numerator, denominator in rates %}
            when '{{ definition }}' then {{ denominator }}
            {%- endfor %}
        end as churn_denominator
    from with_starts
),

final as (
    select
        rated.period_grain,
        rated.period_start,
        rated.period_end,
        rated.is_complete_period,
        rated.segment_type,
        rated.segment_value,
        rated.definition,
        cast(rated.mrr_end + coalesce(differences.mrr, 0) as decimal(38, 6)) as mrr,
        cast(coalesce(differences.mrr, 0) as decimal(38, 6)) as difference_to_ours,
        cast(rated.customers_start as bigint) as customers_start,
        cast(rated.customers_new as bigint) as customers_new,
        cast(rated.customers_reactivated as bigint) as customers_reactivated,
        cast(rated.customers_churned as bigint) as customers_churned,
        cast(rated.customers as bigint) as customers,
        cast(rated.churn_numerator as bigint) as churn_numerator,
        cast(rated.churn_denominator as bigint) as churn_denominator,
        {{ ratio("rated.churn_numerator", "rated.churn_denominator") }} as churn_rate
    from rated
    left join differences
        on
            rated.definition = differences.definition
            and rated.period_grain = differences.period_grain
            and rated.period_start = differences.period_start
            and rated.segment_type = differences.segment_type
            and rated.segment_value = differences.segment_value
)

select * from final
