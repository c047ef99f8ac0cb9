{#- Median and MAD, not mean and deviation: an odd month of the past would hide the next one. -#}
with limits as (
    select
        max(case when threshold = 'anomaly_most_months' then value end) as most_months,
        max(case when threshold = 'anomaly_season_years' then value end) as season_years
    from {{ ref("thresholds") }}
),

figures as (
    select * from {{ ref("int_watched_values") }}
),

counted as (
    select
        figures.*,
        metrics.lowest,
        metrics.highest,
        cast(coalesce(observations.value, 0) as bigint) as n,
        coalesce(observations.value, 0) >= metrics.least_n as is_enough,
        -- what grows with the business is measured by its growth, or each new month would be the highest
        case when metrics.compared_as = 'growth' then previous.value else 1 end as unit,
        case when metrics.compared_as = 'growth' then 1 else 0 end as origin,
        figures.metric || ':' || figures.segment_type || ':' || figures.segment_value as series,
        extract(year from figures.period_start) * 12 + extract(month from figures.period_start) as month_number
    from figures
    inner join {{ ref("anomaly_metrics") }} as metrics on figures.metric = metrics.metric
    {%- for joined, metric, period in [("observations", "metrics.n_metric", "start"), ("previous", "figures.metric", "end")] %}
    left join figures as {{ joined }}
        on
            {{ metric }} = {{ joined }}.metric
            and figures.segment_type = {{ joined }}.segment_type
            and figures.segment_value = {{ joined }}.segment_value
            and figures.period_start = {{ joined }}.period_{{ period }}
    {%- endfor %}
),

months as (
    select
        series,
        month_number,
        {{ ratio("value", "unit") }} - origin as measure
    from counted
    where is_complete_period and is_enough and value is not null and unit > 0
),

medians as (
    -- of all months before, and of those of the same name
    select
        months.series,
        months.month_number,
        months.measure,
        count(earlier.measure) as months_compared,
        count(case when mod(months.month_number - earlier.month_number, 12) = 0 then 1 end) >= max(limits.season_years) as is_seasonal,
        {{ median("earlier.measure") }} as of_all,
        {{ median("case when mod(months.month_number - earlier.month_number, 12) = 0 then earlier.measure end") }} as of_season
    from months
    cross join limits
    left join months as earlier
        on
            months.series = earlier.series
            and earlier.month_number between months.month_number - limits.most_months and months.month_number - 1
    group by months.series, months.month_number, months.measure
),

usual as (
    -- how far each month before was from it; with a season, from what was usual for its name then. Of normal figures,
    -- 1.4826 of that are a standard deviation.
    select
        medians.series,
        medians.month_number,
        medians.measure,
        medians.months_compared,
        medians.is_seasonal,
        case when medians.is_seasonal then medians.of_season else medians.of_all end as expected,
        1.4826e0
        * {{ median("abs(earlier.measure - case when medians.is_seasonal then earlier.of_season else medians.of_all end)") }} as deviation
    from medians
    cross join limits
    left join medians as earlier
        on
            medians.series = earlier.series
            and earlier.month_number between medians.month_number - limits.most_months and medians.month_number - 1
    group by medians.{{ ["series", "month_number", "measure", "months_compared", "is_seasonal", "of_season", "of_all"] | join(", medians.") }}
),

final as (
    select
        counted.period_grain,
        counted.period_start,
        counted.period_end,
        counted.is_complete_period,
        counted.segment_type,
        counted.segment_value,
        counted.metric,
        counted.value,
        counted.null_reason,
        counted.n,
        counted.is_enough,
        counted.lowest,
        counted.highest,
        counted.unit,
        counted.origin,
        usual.measure,
        coalesce(usual.months_compared, 0) as months_compared,
        coalesce(usual.is_seasonal, false) as is_seasonal,
        usual.expected,
        usual.deviation
    from counted
    left join usual on counted.series = usual.series and counted.month_number = usual.month_number
)

select * from final
