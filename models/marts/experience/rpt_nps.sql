{%- set segments = ["all"] + attribute_segments() + ["plan"] -%}

with surveys as (
    select * from {{ ref("int_nps_surveys") }}
),

sent as (
    select
        surveys.*,
        calendar.period_grain,
        calendar.period_start,
        calendar.period_end,
        calendar.is_complete_period
    from surveys
    inner join {{ ref("int_calendar_periods") }} as calendar
        on surveys.sent_on = calendar.date_day
),

answered as (
    -- of one customer the latest answer of a period counts; anonymous answers each count
    select
        surveys.*,
        calendar.period_grain,
        calendar.period_start,
        calendar.period_end,
        calendar.is_complete_period,
        row_number() over (
            partition by
                calendar.period_grain,
                calendar.period_start,
                surveys.touchpoint_type,
                surveys.customer_id,
                case when surveys.customer_id is null then surveys.response_id end
            order by surveys.responded_at desc, surveys.response_id desc
        ) as answer_rank
    from surveys
    inner join {{ ref("int_calendar_periods") }} as calendar
        on surveys.responded_on = calendar.date_day
),

counts as (
    {%- for segment in segments %}
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        '{{ segment }}' as segment_type,
        {{ "'all'" if segment == "all" else segment }} as segment_value,
        touchpoint_type,
        count(*) as sent_count,
        count(responded_at) as answered_count,
        0 as promoters,
        0 as passives,
        0 as detractors,
        0 as weight,
        0 as weighted_balance
    from sent
    group by period_grain, period_start, period_end, is_complete_period, segment_value, touchpoint_type
    union all
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        '{{ segment }}' as segment_type,
        {{ "'all'" if segment == "all" else segment }} as segment_value,
        touchpoint_type,
        0 as sent_count,
        0 as answered_count,
        sum(case when band = 'promoter' then 1 else 0 end) as promoters,
        sum(case when band = 'passive' then 1 else 0 end) as passives,
        sum(case when band = 'detractor' then 1 else 0 end) as detractors,
        sum(weight) as weight,
        sum(case band when 'promoter' then weight when 'detractor' then -weight else 0 end) as weighted_balance
    from answered
    where answer_rank = 1
    group by period_grain, period_start, period_end, is_complete_period, segment_value, touchpoint_type
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

sums as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type,
        reported_value as segment_value,
        touchpoint_type,
        cast(sum(sent_count) as bigint) as sent_count,
        cast(sum(answered_count) as bigint) as answered_count,
        cast(sum(promoters) as bigint) as promoters,
        cast(sum(passives) as bigint) as passives,
        cast(sum(detractors) as bigint) as detractors,
        sum(weight) as weight,
        sum(weighted_balance) as weighted_balance
    from ({{ as_reported("counts") }}) as reported
    group by period_grain, period_start, period_end, is_complete_period, segment_type, reported_value, touchpoint_type
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type,
        segment_value,
        touchpoint_type,
        sent_count,
        promoters + passives + detractors as respondents,
        promoters,
        passives,
        detractors,
        {{ nps("promoters", "detractors", "promoters + passives + detractors") }} as nps,
        {{ nps("promoters", "detractors", "promoters + passives + detractors", "lower") }} as nps_lower,
        {{ nps("promoters", "detractors", "promoters + passives + detractors", "upper") }} as nps_upper,
        100 * {{ ratio("weighted_balance", "weight") }} as nps_weighted,
        {{ ratio("answered_count", "sent_count") }} as response_rate
    from sums
)

select * from final
