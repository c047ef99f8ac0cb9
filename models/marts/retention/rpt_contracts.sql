{#-
    A contract counts in each month, quarter and year at whose end it was in force or signed, and in which it was due. The end
    is the last day, as what begins on the day after is no part of the period; of the open one it is that of `as_of`.
-#}
with periods as (
    select
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.is_complete_period,
        least(cast({{ dbt.dateadd("day", -1, "periods.period_end") }} as date), moment.as_of_on) as last_on
    from {{ ref("int_periods") }} as periods
    cross join {{ ref("int_report_moment") }} as moment
    where periods.period_grain in ('{{ cell_grains() | join("', '") }}')
),

in_periods as (
    select
        contracts.*,
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.is_complete_period,
        contracts.starts_on <= periods.last_on and contracts.ends_on >= periods.last_on as is_in_force,
        contracts.starts_on > periods.last_on as is_signed,
        contracts.ends_on <= periods.last_on as is_due,
        coalesce(contracts.action_at_end = 'cancel', false)
        or coalesce(contracts.next_known_on <= periods.last_on and contracts.next_starts_on > periods.last_on, false) as is_ending
    from {{ ref("int_contract_outcomes") }} as contracts
    inner join periods
        on
            least(contracts.known_on, contracts.starts_on) <= periods.last_on
            and contracts.ends_on >= periods.period_start
),

segments as (
    {{ in_segments("in_periods", plan=false) }}
),

sums as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type,
        segment_value,
        count(case when is_in_force then 1 end) as contracts,
        count(case when is_signed then 1 end) as contracts_signed,
        count(case when is_in_force and is_ending then 1 end) as contracts_ending,
        sum(case when is_in_force then arr else 0 end) as arr,
        sum(case when is_signed then arr else 0 end) as arr_signed,
        sum(case when is_in_force and is_ending then arr else 0 end) as arr_ending,
        count(case when is_due then 1 end) as due,
        count(case when is_due and outcome = 'renewed' then 1 end) as renewed,
        count(case when is_due and outcome = 'renewed' and days_late = 0 then 1 end) as renewed_on_time,
        count(case when is_due and outcome = 'renewed' and days_late > 0 then 1 end) as renewed_late,
        count(case when is_due and outcome = 'renewed' and is_auto_renewed then 1 end) as auto_renewed,
        count(case when is_due and outcome = 'renewed' and not is_auto_renewed then 1 end) as decided,
        count(case when is_due and outcome = 'lost' then 1 end) as lost,
        count(case when is_due and outcome = 'open' then 1 end) as still_open,
        sum(case when is_due then arr else 0 end) as arr_due,
        sum(case when is_due and outcome = 'lost' then arr else 0 end) as arr_lost,
        sum(case when is_due and outcome = 'open' then arr else 0 end) as arr_open,
        sum(case when is_due then arr_renewed else 0 end) as arr_renewed
    from segments
    group by period_grain, period_start, period_end, is_complete_period, segment_type, segment_value
),

final as (
    select
        sums.period_grain,
        sums.period_start,
        sums.period_end,
        sums.is_complete_period,
        sums.segment_type,
        sums.segment_value,
        sums.contracts,
        sums.contracts_signed,
        sums.contracts_ending,
        cast(sums.arr as decimal(38, 6)) as arr,
        cast(sums.arr_signed as decimal(38, 6)) as arr_signed,
        cast(sums.arr_ending as decimal(38, 6)) as arr_ending,
        cast(sums.arr + sums.arr_signed - sums.arr_ending as decimal(38, 6)) as carr,
        cast(12 * coalesce(mrr.mrr_end, 0) as decimal(38, 6)) as subscription_arr,
        cast(sums.arr - 12 * coalesce(mrr.mrr_end, 0) as decimal(38, 6)) as arr_difference,
        sums.due,
        sums.renewed,
        sums.renewed_on_time,
        sums.renewed_late,
        sums.auto_renewed,
        sums.decided,
        sums.lost,
        sums.still_open as open,
        {{ ratio("sums.renewed", "sums.renewed + sums.lost") }} as renewal_rate,
        {{ wilson("sums.renewed", "(sums.renewed + sums.lost)", "lower") }} as renewal_rate_lower,
        {{ wilson("sums.renewed", "(sums.renewed + sums.lost)", "upper") }} as renewal_rate_upper,
        cast(sums.arr_due as decimal(38, 6)) as arr_due,
        cast(sums.arr_lost as decimal(38, 6)) as arr_lost,
        cast(sums.arr_open as decimal(38, 6)) as arr_open,
        cast(sums.arr_renewed as decimal(38, 6)) as arr_renewed,
        {{ ratio("sums.arr_renewed", "sums.arr_due - sums.arr_open") }} as arr_renewal_rate
    from sums
    left join {{ ref("fct_segment_periods") }} as mrr
        on
            sums.period_grain = mrr.period_grain
            and sums.period_start = mrr.period_start
            and sums.segment_type = mrr.segment_type
            and sums.segment_value = mrr.segment_value
)

select * from final
