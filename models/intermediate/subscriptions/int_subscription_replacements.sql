{#-
    Of the subscriptions that ended, those that another one of their customer took the place of: it began or grew within
    `replacement_days` before or after, and goes on after the end. The nearest in time counts, then the earlier one, then
    the lowest id.

    Ends are compared with what lies in their own or a neighbouring stretch of days only, as a customer may have any number of
    subscriptions.
-#}
{%- set first_day = "timestamp '1970-01-01 00:00:00'" -%}

with customers_of_several as (
    select customer_id
    from {{ ref("int_subscription_states") }}
    group by customer_id
    having min(subscription_id) <> max(subscription_id)
),

states as (
    select
        *,
        lag(state) over (partition by subscription_id order by valid_from) as previous_state,
        min(case when not is_active then valid_from end) over (
            partition by subscription_id order by valid_from rows between 1 following and unbounded following
        ) as ended_at
    from {{ ref("int_subscription_states") }}
    where customer_id in (select customers_of_several.customer_id from customers_of_several)
),

growths as (
    -- to be resumed after a pause is no growth
    select
        states.*,
        floor({{ whole_days(first_day, "states.valid_from") }} * 1.0 / (days.value + 1)) as days_number
    from states
    inner join {{ ref("thresholds") }} as days
        on days.threshold = 'replacement_days'
    where
        states.is_active
        and (not states.was_active or (states.mrr > states.previous_mrr and states.previous_state = 'live'))
),

ends as (
    select
        ends.subscription_id,
        ends.customer_id,
        ends.ended_at,
        {{ shown_time("ends.ended_at") }} as shown_ended_at,
        days.value as days,
        floor({{ whole_days(first_day, "ends.ended_at") }} * 1.0 / (days.value + 1)) as days_number
    from {{ ref("int_subscription_ends") }} as ends
    cross join {{ ref("int_report_moment") }} as moment
    inner join {{ ref("thresholds") }} as days
        on days.threshold = 'replacement_days'
    where ends.customer_id in (select customers_of_several.customer_id from customers_of_several)
),

ends_nearby as (
    {%- for step in [-1, 0, 1] %}
    select
        *,
        days_number + {{ step }} as days_number_nearby
    from ends
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

candidates as (
    select
        ends.subscription_id,
        ends.ended_at,
        growths.subscription_id as replaced_by_subscription_id,
        growths.valid_from as replaced_at,
        row_number() over (
            partition by ends.subscription_id, ends.ended_at
            order by
                abs({{ seconds_between("ends.shown_ended_at", "growths.valid_from") }}) asc,
                growths.valid_from asc,
                growths.subscription_id asc
        ) as place
    from ends_nearby as ends
    inner join growths
        on
            ends.customer_id = growths.customer_id
            and ends.days_number_nearby = growths.days_number
            and ends.subscription_id <> growths.subscription_id
    where
        growths.valid_from >= {{ days_later("ends.shown_ended_at", "-ends.days") }}
        and growths.valid_from <= {{ days_later("ends.shown_ended_at", "ends.days") }}
        and coalesce(growths.ended_at > ends.ended_at, true)
)

select
    subscription_id,
    ended_at,
    replaced_by_subscription_id,
    replaced_at
from candidates
where place = 1
