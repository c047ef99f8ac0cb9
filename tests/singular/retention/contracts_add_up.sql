-- What: of the contracts due in a period and segment each is renewed, lost or open, and so is their ARR; each renewed one was
--       on time or late, and renewed itself or was decided; CARR is made of its parts; the segments of a type have all
--       contracts, and each grain has all that were due by as_of and all that are in force or signed on that day.
-- When it fails: rpt_contracts counts a contract in no outcome or in two. Compare the period returned with int_contract_outcomes.
with by_type as (
    select
        period_grain,
        segment_type,
        sum(due) as due,
        sum(arr_due) as arr_due,
        sum(arr_renewed) as arr_renewed,
        sum(case when not is_complete_period then arr + arr_signed else 0 end) as arr_now,
        count(
            case
                when
                    due <> renewed + lost + open
                    or renewed <> renewed_on_time + renewed_late
                    or renewed <> auto_renewed + decided
                    or arr_due < arr_lost + arr_open
                    or carr <> arr + arr_signed - arr_ending
                    or arr_difference <> arr - subscription_arr
                    or contracts < contracts_ending
                    or arr < arr_ending
                    then 1
            end
        ) as rows_that_do_not_add_up
    from {{ ref("rpt_contracts") }}
    group by period_grain, segment_type
),

periods as (
    select
        period_grain,
        min(period_start) as first_start
    from {{ ref("int_periods") }}
    group by period_grain
),

contracts as (
    select
        periods.period_grain,
        count(case when outcomes.ends_on between periods.first_start and moment.as_of_on then 1 end) as due,
        coalesce(sum(case when outcomes.ends_on between periods.first_start and moment.as_of_on then outcomes.arr end), 0)
            as arr_due,
        coalesce(sum(case when outcomes.ends_on between periods.first_start and moment.as_of_on then outcomes.arr_renewed end), 0)
            as arr_renewed,
        coalesce(sum(case when outcomes.ends_on >= moment.as_of_on then outcomes.arr end), 0) as arr_now
    from {{ ref("int_contract_outcomes") }} as outcomes
    cross join {{ ref("int_report_moment") }} as moment
    cross join periods
    group by periods.period_grain
)

select by_type.*
from by_type
inner join contracts
    on by_type.period_grain = contracts.period_grain
where
    by_type.rows_that_do_not_add_up > 0
    or by_type.due <> contracts.due
    or by_type.arr_due <> contracts.arr_due
    or by_type.arr_renewed <> contracts.arr_renewed
    or by_type.arr_now <> contracts.arr_now
