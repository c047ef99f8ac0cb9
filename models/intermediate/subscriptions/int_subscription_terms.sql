{#-
    Terms, one after the other. What nobody renewed or ended by the end of the last day of a term goes on for as long again,
    so who sends no renewals has further terms too.
-#}
with months as (
    select
        cast(row_number() over (order by period_start) - 1 as integer) as rolls,
        cast(count(*) over () as bigint) as months
    from {{ ref("int_periods") }}
    where period_grain = 'month'
),

rolled as (
    -- as often as the term fits into the calendar, at most
    select
        starts.*,
        months.rolls,
        {{ reporting_date("starts.began_at") }} as first_on
    from {{ ref("int_term_starts") }} as starts
    inner join months
        on months.rolls * starts.term_length <= (months.months + 1) * {{ interval_length("'month'", 1) }}
),

dated as (
    select
        *,
        cast({{ dbt.dateadd("day", "days * rolls", dbt.dateadd("month", "months * rolls", "first_on")) }} as date)
            as follows_on,
        cast({{ dbt.dateadd("day", "days * (rolls + 1)", dbt.dateadd("month", "months * (rolls + 1)", "first_on")) }} as date)
            as ends_on
    from rolled
),

timed as (
    select
        dated.subscription_id,
        dated.customer_id,
        dated.rolls,
        dated.began_at as first_at,
        case
            when dated.rolls = 0 then dated.began_at
            else {{ reporting_midnight(dbt.dateadd("day", 1, "dated.follows_on")) }}
        end as began_at,
        dated.follows_on,
        dated.ends_on,
        dated.renewed_at,
        dated.ended_at
    from dated
),

terms as (
    select
        timed.*,
        lead(timed.began_at) over (partition by timed.subscription_id, timed.first_at order by timed.rolls) as rolled_over_at
    from timed
    inner join {{ ref("int_report_moment") }} as moment
        on timed.began_at <= moment.as_of
    where coalesce(timed.began_at < least(timed.renewed_at, timed.ended_at), true)
)

select
    subscription_id,
    customer_id,
    began_at,
    {{ reporting_date("began_at") }} as began_on,
    ends_on,
    case when rolls > 0 then follows_on end as rolled_over_on,
    renewed_at,
    ended_at,
    coalesce(rolled_over_at, least(renewed_at, ended_at)) as next_at
from terms
