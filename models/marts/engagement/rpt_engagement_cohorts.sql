with cohorts as (
    select * from {{ ref("int_cohort_changes") }}
),

final as (
    select
        cohort_start,
        segment_type,
        segment_value,
        cast(period_number as integer) as period_number,
        month_start,
        cast(customers_start as bigint) as customers_start,
        cast(customers_using as bigint) as customers_using,
        {{ ratio("customers_using", "customers_start") }} as using_rate,
        {{ wilson("customers_using", "customers_start", "lower") }} as using_rate_lower,
        {{ wilson("customers_using", "customers_start", "upper") }} as using_rate_upper,
        cast(days_used as bigint) as days_used,
        days_per_customer,
        change,
        change_lower,
        change_upper,
        is_declining
    from cohorts
)

select * from final
