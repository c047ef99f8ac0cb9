{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched",
          unique_key=["customer_id", "month_start"], meta={"touched": "int_touched_usage_months", "landed": "product_usage"}) }}

{#- How a customer used the product in a month, where it did; who has no row was dormant. -#}
with used as (
    select
        usage.*,
        cast({{ dbt.date_trunc("month", "usage.used_on") }} as date) as month_start
    from {{ ref("stg_product__product_usage") }} as usage
    inner join {{ ref("int_report_moment") }} as moment
        on usage.used_on <= moment.as_of_on
    where usage.usage_count > 0
),

-- by feature first: counted apart within a month, days and features would have to be held in memory
features as (
    select
        customer_id,
        month_start,
        feature,
        sum(usage_count) as times_used,
        sum(minutes) as minutes,
        max(active_seats) as active_seats,
        min(used_on) as first_used_on,
        max(used_on) as last_used_on,
        bit_or({{ day_bit("used_on") }}) as days_bits
    from used
    where {{ is_touched(["customer_id", "month_start"], ref("int_touched_usage_months")) }}
    group by customer_id, month_start, feature
),

months as (
    select
        features.customer_id,
        features.month_start,
        cast({{ count_bits("bit_or(features.days_bits)") }} as bigint) as days_used,
        cast(sum(features.times_used) as decimal(38, 6)) as times_used,
        count(features.feature) as features_used,
        count(case when listed.tier = 'core' then 1 end) as core_features_used,
        count(case when listed.tier = 'advanced' then 1 end) as advanced_features_used,
        cast(sum(features.minutes) as decimal(38, 6)) as minutes,
        max(features.active_seats) as active_seats,
        min(features.first_used_on) as first_used_on,
        max(features.last_used_on) as last_used_on,
        cast(bit_or(features.days_bits) as bigint) as days_bits
    from features
    left join {{ ref("product_features") }} as listed
        on features.feature = listed.feature
    group by features.customer_id, features.month_start
),

-- where no feature is listed as core or advanced, nobody is known to use none
tiers as (
    select
        count(case when tier = 'core' then 1 end) > 0 as has_core,
        count(case when tier = 'advanced' then 1 end) > 0 as has_advanced
    from {{ ref("product_features") }}
)

select
    months.customer_id,
    months.month_start,
    months.days_used,
    months.times_used,
    months.features_used,
    case when tiers.has_core then months.core_features_used end as core_features_used,
    case when tiers.has_advanced then months.advanced_features_used end as advanced_features_used,
    months.minutes,
    months.active_seats,
    months.first_used_on,
    months.last_used_on,
    months.days_bits,
    case
        when months.days_used >= daily.value then 'daily'
        when months.days_used >= weekly.value then 'weekly'
        else 'monthly'
    end as engagement_frequency
from months
inner join {{ ref("thresholds") }} as daily
    on daily.threshold = 'engagement_daily_days'
inner join {{ ref("thresholds") }} as weekly
    on weekly.threshold = 'engagement_weekly_days'
cross join tiers
