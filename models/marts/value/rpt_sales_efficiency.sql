with periods as (
    select *
    from {{ ref("rpt_mrr_movements") }}
    where segment_type = 'all' and period_grain in ('{{ cell_grains() | join("', '") }}')
),

months as (
    -- each belongs to one period of a grain, of a fiscal year too
    select distinct
        periods.period_grain,
        periods.period_start,
        calendar.month_start
    from {{ ref("int_calendar_periods") }} as periods
    inner join {{ ref("int_calendar_days") }} as calendar
        on periods.date_day = calendar.date_day
    where periods.period_grain in ('{{ cell_grains() | join("', '") }}')
),

costs as (
    select
        months.period_grain,
        months.period_start,
        sum(costs.cost) as acquisition_cost
    from months
    inner join {{ ref("int_channel_costs") }} as costs
        on months.month_start = costs.cost_month
    group by months.period_grain, months.period_start
),

with_costs as (
    -- what was spent on winning customers shows in the revenue of the next period
    select
        periods.*,
        costs.acquisition_cost,
        lag(costs.acquisition_cost) over (
            partition by periods.period_grain order by periods.period_start
        ) as acquisition_cost_before
    from periods
    left join costs
        on periods.period_grain = costs.period_grain and periods.period_start = costs.period_start
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        cast(12 * (mrr_end - mrr_start) as decimal(38, 6)) as net_new_arr,
        cast(acquisition_cost as decimal(38, 6)) as acquisition_cost,
        cast(acquisition_cost_before as decimal(38, 6)) as acquisition_cost_before,
        {{ ratio("12 * (mrr_end - mrr_start)", "acquisition_cost_before") }} as magic_number
    from with_costs
)

select * from final
