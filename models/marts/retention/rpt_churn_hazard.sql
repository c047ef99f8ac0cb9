{#-
    First spells counted by the month of tenure that they ended in, or that they are known to have passed; those at risk in
    a month are the running sum from the longest spell down.
-#}
with spells as (
    -- by all segments at once: a fraction of the rows that the segments are then told apart on
    select
        {%- for segment in attribute_segments() %}
        spells.{{ segment }},
        {%- endfor %}
        spells.plan_id as plan,
        case
            -- one that came and went on a day was lost in its first month
            when spells.is_lost
                then greatest({{ whole_months("spells.started_at", "spells.churned_at", before=true) }} + 1, 1)
            else {{ whole_months("spells.started_at", "moment.as_of") }}
        end as tenure_month,
        count(*) as customers,
        sum(case when spells.is_lost then 1 else 0 end) as churned
    from {{ ref("int_first_spells") }} as spells
    cross join {{ ref("int_report_moment") }} as moment
    group by
        {%- for segment in attribute_segments() %}
        spells.{{ segment }},
        {%- endfor %}
        spells.plan_id,
        tenure_month
),

spells_by_segment as (
    {{ in_segments("spells") }}
),

counted as (
    -- who joined less than a month ago has not passed a month yet
    select
        segment_type,
        segment_value,
        tenure_month,
        sum(customers) as customers,
        sum(churned) as churned
    from spells_by_segment
    where tenure_month > 0
    group by segment_type, segment_value, tenure_month
),

segments as (
    select
        segment_type,
        segment_value,
        max(tenure_month) as longest_tenure_month
    from counted
    group by segment_type, segment_value
),

tenure_months as (
    -- nobody's tenure has more months than the calendar
    select row_number() over (order by period_start) as tenure_month
    from {{ ref("int_periods") }}
    where period_grain = 'month'
),

filled as (
    select
        segments.segment_type,
        segments.segment_value,
        tenure_months.tenure_month,
        coalesce(counted.churned, 0) as churned,
        sum(coalesce(counted.customers, 0)) over (
            partition by segments.segment_type, segments.segment_value
            order by tenure_months.tenure_month desc rows unbounded preceding
        ) as at_risk
    from segments
    inner join tenure_months
        on segments.longest_tenure_month >= tenure_months.tenure_month
    left join counted
        on
            segments.segment_type = counted.segment_type
            and segments.segment_value = counted.segment_value
            and tenure_months.tenure_month = counted.tenure_month
),

final as (
    select
        segment_type,
        segment_value,
        cast(tenure_month as integer) as tenure_month,
        cast(at_risk as bigint) as at_risk,
        cast(churned as bigint) as churned,
        {{ ratio("churned", "at_risk") }} as hazard_rate,
        {{ wilson("churned", "at_risk", "lower") }} as hazard_rate_lower,
        {{ wilson("churned", "at_risk", "upper") }} as hazard_rate_upper
    from filled
)

select * from final
