{#- Higher is more often. -#}
{%- set ranks = {"daily": 3, "weekly": 2, "monthly": 1, "dormant": 0} -%}
{%- set measures = ["recency", "frequency", "monetary", "value", "first_session"] -%}
with orders as (
    select
        uses.customer_id,
        max(orders.ordered_on) as last_ordered_on,
        count(
            case
                when
                    orders.ordered_on >= uses.since_month
                    and orders.ordered_on < {{ dbt.dateadd("month", 3, "uses.since_month") }}
                    then 1
            end
        ) as days_ordered
    from {{ ref("int_recent_use") }} as uses
    inner join {{ ref("int_order_days") }} as orders
        on uses.customer_id = orders.customer_id
    group by uses.customer_id
),

measured as (
    select
        uses.customer_id,
        uses.frequency_1,
        uses.frequency_3,
        {%- for number in [1, 2, 3] %}
        case uses.frequency_{{ number }}
            {%- for name, rank in ranks.items() %}
            when '{{ name }}' then {{ rank }}
            {%- endfor %}
        end as rank_{{ number }},
        {%- endfor %}
        {{ dbt.datediff("greatest(uses.last_used_on, orders.last_ordered_on)", "moment.as_of_on", "day") }} as recency,
        uses.days_used + coalesce(orders.days_ordered, 0) as frequency,
        receipts.historic_revenue as monetary,
        customers.current_mrr as value,
        first_days.minutes as first_session
    from {{ ref("int_recent_use") }} as uses
    cross join {{ ref("int_report_moment") }} as moment
    inner join {{ ref("dim_customers") }} as customers
        on uses.customer_id = customers.customer_id
    left join orders
        on uses.customer_id = orders.customer_id
    left join {{ ref("fct_customer_lifetime_values") }} as receipts
        on uses.customer_id = receipts.customer_id
    left join {{ ref("int_first_use_days") }} as first_days
        on uses.customer_id = first_days.customer_id
),

measures as (
    {%- for measure in measures %}
    select
        customer_id,
        '{{ measure }}' as measure,
        cast({{ measure }} as decimal(38, 6)) as measured
    from measured
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

bands as (
    select
        measure,
        band,
        from_value,
        lead(from_value) over (partition by measure order by from_value) as until_value
    from {{ ref("segment_bands") }}
),

banded as (
    select
        {%- for measure in measures %}
        max(case when measures.measure = '{{ measure }}' then bands.band end) as {{ measure }}_band,
        {%- endfor %}
        measures.customer_id
    from measures
    inner join bands
        on
            measures.measure = bands.measure
            and measures.measured >= bands.from_value
            and coalesce(measures.measured < bands.until_value, true)
    group by measures.customer_id
),

scored as (
    select
        measured.*,
        -- who never used the product nor ordered was there longest ago
        cast(coalesce(banded.recency_band, '1') as integer) as recency_score,
        cast(banded.frequency_band as integer) as frequency_score,
        cast(banded.monetary_band as integer) as monetary_score,
        banded.value_band,
        banded.first_session_band
    from measured
    left join banded
        on measured.customer_id = banded.customer_id
),

final as (
    select
        scored.customer_id,
        stages.stage as lifecycle_stage,
        stages.entered_on as stage_entered_on,
        cast(scored.recency as integer) as recency_days,
        cast(scored.frequency as integer) as frequency_days,
        cast(scored.monetary as decimal(38, 6)) as monetary,
        scored.recency_score,
        scored.frequency_score,
        scored.monetary_score,
        rfm.rfm_segment,
        scored.frequency_1 as engagement_frequency,
        scored.frequency_3 as engagement_frequency_before,
        case
            when scored.rank_1 = scored.rank_2 and scored.rank_2 = scored.rank_3 then 'steady'
            when scored.rank_1 <= scored.rank_2 and scored.rank_2 <= scored.rank_3 then 'falling'
            when scored.rank_1 >= scored.rank_2 and scored.rank_2 >= scored.rank_3 then 'rising'
            when scored.rank_1 + scored.rank_2 + scored.rank_3 is not null then 'mixed'
        end as engagement_drift,
        cast(scored.value as decimal(38, 6)) as mrr,
        scored.value_band,
        scored.first_session as first_session_minutes,
        scored.first_session_band
    from scored
    left join {{ ref("fct_lifecycle_stages") }} as stages
        on scored.customer_id = stages.customer_id and stages.left_on is null
    left join {{ ref("rfm_segments") }} as rfm
        on scored.recency_score = rfm.recency_score and scored.frequency_score = rfm.frequency_score
)

select * from final
