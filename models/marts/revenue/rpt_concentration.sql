{#-
    Customers of one amount stand next to each other, so the sums over single customers in the order of their MRR are sums
    over amounts. In millionths of the currency, which are whole numbers: the Gini coefficient has every digit on every engine.
-#}
{%- set tops = [1, 10, 50] -%}
with levels as (
    select
        period_grain,
        period_start,
        customers,
        {{ whole_number("mrr * 1000000") }} as millionths,
        {{ whole_number("sum(customers) over from_the_top") }} as counted_from_the_top,
        {{ whole_number("sum(customers) over from_below") }} as counted_from_below
    from {{ ref("int_mrr_levels") }}
    window
        from_the_top as (partition by period_grain, period_start order by mrr desc rows unbounded preceding),
        from_below as (partition by period_grain, period_start order by mrr rows unbounded preceding)
),

sums as (
    select
        {%- for top in tops %}
        -- of an amount those who are among the first so many
        sum(
            millionths * greatest(least(counted_from_the_top, {{ top }}) - (counted_from_the_top - customers), 0)
        ) as millionths_top_{{ top }},
        {%- endfor %}
        period_grain,
        period_start,
        {{ whole_number("sum(customers)") }} as customers,
        sum(millionths * customers) as millionths,
        -- twice the sum of MRR times rank, the lowest first
        sum(millionths * customers * (2 * counted_from_below - customers + 1)) as millionths_by_rank
    from levels
    group by period_grain, period_start
),

periods as (
    select * from {{ ref("fct_segment_periods") }}
    where segment_type = 'all' and period_grain in ('{{ cell_grains() | join("', '") }}')
),

final as (
    select
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.is_complete_period,
        cast(coalesce(sums.customers, 0) as bigint) as customers,
        cast(cast(coalesce(sums.millionths, 0) as decimal(38, 0)) * cast(0.000001 as decimal(7, 6)) as decimal(38, 6)) as mrr,
        {%- for top in tops %}
        {{ ratio("sums.millionths_top_" ~ top, "sums.millionths") }} as share_top_{{ top }},
        {%- endfor %}
        {{ ratio(
            "sums.millionths_by_rank - (sums.customers + 1) * sums.millionths", "sums.customers * sums.millionths"
        ) }} as gini
    from periods
    left join sums
        on periods.period_grain = sums.period_grain and periods.period_start = sums.period_start
)

select * from final
