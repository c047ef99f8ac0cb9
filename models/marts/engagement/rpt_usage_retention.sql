{%- set measures = ["n_day", "on_or_after", "bracket"] -%}
with spells as (
    select
        spells.customer_id,
        spells.started_on,
        cast({{ dbt.date_trunc("month", "spells.started_on") }} as date) as cohort_start,
        {%- for segment in attribute_segments() %}
        spells.{{ segment }},
        {%- endfor %}
        spells.plan_id as plan
    from {{ ref("int_first_spells") }} as spells
),

last_uses as (
    select
        customer_id,
        max(last_used_on) as last_used_on
    from {{ ref("int_engagement_months") }}
    group by customer_id
),

-- everybody who joined and, of each listed day, whether they used the product on it, since the one before, and on it or later
customers as (
    select
        spells.*,
        listed.day_number as period_number,
        ages.is_used_on_day,
        ages.customer_id is not null as is_used_in_bracket,
        {{ dbt.datediff("spells.started_on", "last_uses.last_used_on", "day") }} >= listed.day_number as is_used_later
    from spells
    cross join {{ ref("usage_retention_days") }} as listed
    left join {{ ref("int_usage_ages") }} as ages
        on spells.customer_id = ages.customer_id and listed.day_number = ages.period_number
    left join last_uses
        on spells.customer_id = last_uses.customer_id
),

counted as (
    -- by all segments at once: a fraction of the rows that the segments are then told apart on
    select
        cohort_start,
        period_number,
        {%- for segment in attribute_segments() %}
        {{ segment }},
        {%- endfor %}
        plan,
        count(*) as customers_in_cohort,
        count(case when is_used_on_day then 1 end) as n_day,
        count(case when is_used_later then 1 end) as on_or_after,
        count(case when is_used_in_bracket then 1 end) as bracket
    from customers
    group by cohort_start, period_number, {{ attribute_segments() | map("string") | join(", ") }}{{ "," if attribute_segments() }} plan
),

by_segment as (
    {{ in_segments("counted") }}
),

sums as (
    {%- for definition in measures %}
    select
        '{{ definition }}' as definition,
        cohort_start,
        segment_type,
        segment_value,
        period_number,
        sum(customers_in_cohort) as customers_in_cohort,
        sum({{ definition }}) as customers_active
    from by_segment
    group by cohort_start, segment_type, segment_value, period_number
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

recorded as (
    select min(month_start) as first_month from {{ ref("int_engagement_months") }}
),

final as (
    select
        sums.cohort_start,
        sums.segment_type,
        sums.segment_value,
        sums.period_number,
        sums.definition,
        cast(sums.customers_in_cohort as bigint) as customers_in_cohort,
        cast(sums.customers_active as bigint) as customers_active,
        {{ ratio("sums.customers_active", "sums.customers_in_cohort") }} as retention_rate,
        {{ wilson("sums.customers_active", "sums.customers_in_cohort", "lower") }} as retention_rate_lower,
        {{ wilson("sums.customers_active", "sums.customers_in_cohort", "upper") }} as retention_rate_upper
    from sums
    inner join recorded
        on sums.cohort_start >= recorded.first_month
    cross join {{ ref("int_report_moment") }} as moment
    -- the day is over for the last who joined in the month
    where
        {{ dbt.dateadd("day", "sums.period_number", dbt.dateadd("month", 1, "sums.cohort_start")) }}
        <= moment.as_of_on
)

select * from final
