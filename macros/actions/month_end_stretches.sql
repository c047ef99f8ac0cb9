{#
    The times in which something holds that is judged at month ends: from the end of the first of several in a row until the
    end of the first at which it does not hold.

    Customers are scored at the latest month ends only (setting health_months), so what has held for longer has a beginning
    that nobody knows any more. It begins anew with each year as a customer, which 13 month ends always see: so the beginning
    stays where it is while the month ends move on. What began before the first of them is left out until then.

    Arguments: a relation with trigger_code, customer_id, scored_on, customer_since and value, of the days at which it holds.
#}
{% macro month_end_stretches(relation) %}
with month_ends as (
    select
        dates.scored_on,
        lag(dates.scored_on) over (order by dates.scored_on) as previous_scored_on,
        lead(dates.scored_on) over (order by dates.scored_on) as next_scored_on
    from {{ ref("int_score_dates") }} as dates
    inner join {{ ref("int_report_moment") }} as moment
        on dates.scored_on < {{ dbt.date_trunc("month", "moment.as_of_on") }}
),

judged as (
    select
        held.trigger_code,
        held.customer_id,
        held.scored_on,
        held.value,
        month_ends.previous_scored_on,
        month_ends.next_scored_on,
        lag(held.scored_on) over (partition by held.trigger_code, held.customer_id order by held.scored_on) as last_held_on,
        -- whole months as a customer, by their names: 0 is the month of joining
        (extract(year from held.scored_on) - extract(year from held.customer_since)) * 12
        + extract(month from held.scored_on) - extract(month from held.customer_since) as months
    from ({{ relation }}) as held
    inner join month_ends
        on held.scored_on = month_ends.scored_on
),

begun as (
    select
        *,
        sum(case when last_held_on = previous_scored_on and months % 12 <> 0 then 0 else 1 end) over (
            partition by trigger_code, customer_id order by scored_on rows unbounded preceding
        ) as stretch
    from judged
),

stretches as (
    select
        trigger_code,
        customer_id,
        min(scored_on) as first_on,
        max(case when previous_scored_on is null and months % 12 <> 0 then 1 else 0 end) = 0 as is_begin_known,
        case when count(*) = count(next_scored_on) then max(next_scored_on) end as until_on,
        max(case when last_held_on is null or last_held_on < previous_scored_on or months % 12 = 0 or previous_scored_on is null then value end)
            as value
    from begun
    group by trigger_code, customer_id, stretch
)

select
    trigger_code,
    customer_id,
    {{ reporting_midnight(dbt.dateadd("day", 1, "first_on")) }} as began_at,
    {{ reporting_midnight(dbt.dateadd("day", 1, "until_on")) }} as ended_at,
    value
from stretches
where is_begin_known
{% endmacro %}
