with moves as (
    select
        stages.entered_on,
        coalesce(
            lag(stages.stage) over (partition by stages.customer_id order by stages.entered_on), '(first)'
        ) as from_stage,
        {%- for segment in attribute_segments() %}
        customers.{{ segment }},
        {%- endfor %}
        stages.stage as to_stage
    from {{ ref("fct_lifecycle_stages") }} as stages
    inner join {{ ref("int_customers") }} as customers
        on stages.customer_id = customers.customer_id
),

moves_by_segment as (
    {{ in_segments("moves", plan=false) }}
),

final as (
    select
        calendar.period_grain,
        calendar.period_start,
        calendar.period_end,
        calendar.is_complete_period,
        moves.segment_type,
        moves.segment_value,
        moves.from_stage,
        moves.to_stage,
        count(*) as moves
    from moves_by_segment as moves
    inner join {{ ref("int_calendar_periods") }} as calendar
        on moves.entered_on = calendar.date_day
    where calendar.period_grain in ('{{ cell_grains() | join("', '") }}')
    group by
        calendar.period_grain,
        calendar.period_start,
        calendar.period_end,
        calendar.is_complete_period,
        moves.segment_type,
        moves.segment_value,
        moves.from_stage,
        moves.to_stage
)

select * from final
