{#-
    When the condition of a trigger holds for a customer: while it is one, or for triggers of the lost until it returns. What
    began before somebody became a customer is asked from then on, but what began before a loss ended with it. What ends after
    as_of has not ended.
-#}
{%- set conditions = [
    "days_without_use",
    "unused_before_loss",
    "days_since_loss",
    "milestone_past_due",
    "nps_below",
    "tickets_in_days",
    "ticket_open",
    "payment_past_due",
    "nothing_new",
    "customer_signal",
    "health_below",
    "use_declining",
    "cohort_declining",
    "orders_falling",
    "contact_overdue",
    "term_ending",
    "near_limit",
] -%}

with stretches as (
    {%- for condition in conditions %}
    select
        trigger_code,
        customer_id,
        began_at,
        ended_at,
        value
    from {{ ref("int_trigger_" ~ condition) }}
    {{- " union all" if not loop.last }}
    {%- endfor %}
),

times as (
    select
        'customers' as applies_to,
        customer_id,
        lag(ended_at) over (partition by customer_id order by began_at) as after_at,
        began_at as from_at,
        ended_at as until_at,
        'loss' as ended_by
    from {{ ref("int_customer_spells") }}
    union all
    select
        'lost' as applies_to,
        customer_id,
        ended_at as after_at,
        ended_at as from_at,
        returned_at as until_at,
        'return' as ended_by
    from {{ ref("int_customer_spells") }}
    where ended_at is not null
),

clipped as (
    select
        stretches.customer_id,
        stretches.trigger_code,
        stretches.value,
        times.from_at,
        greatest(stretches.began_at, times.from_at) as began_at,
        least(stretches.ended_at, times.until_at) as ended_at,
        case when times.until_at <= coalesce(stretches.ended_at, timestamp '9000-01-01') then times.ended_by else 'condition' end
            as ended_by
    from stretches
    inner join {{ ref("playbook") }} as plays
        on stretches.trigger_code = plays.trigger_code
    inner join times
        on
            stretches.customer_id = times.customer_id
            and plays.applies_to = times.applies_to
            and stretches.began_at < coalesce(times.until_at, timestamp '9000-01-01')
            and coalesce(stretches.ended_at > times.from_at, true)
            and coalesce(stretches.began_at >= times.after_at, true)
)

select
    clipped.customer_id,
    clipped.trigger_code,
    clipped.from_at,
    clipped.began_at,
    case when clipped.ended_at <= moment.as_of then clipped.ended_at end as ended_at,
    case when clipped.ended_at <= moment.as_of then clipped.ended_by end as ended_by,
    clipped.value
from clipped
inner join {{ ref("int_report_moment") }} as moment
    on clipped.began_at <= moment.as_of
where coalesce(clipped.ended_at > clipped.began_at, true)
