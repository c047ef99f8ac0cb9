{#-
    The subscriptions that make their customer a customer at the end of each day of scoring, and when each is lost. Where
    the customer starts another at the instant of the end it is a switch, and no loss.
-#}
{%- set days_until_loss = dbt.datediff("dates.scored_on", "losses.lost_on", "day") -%}
with starts as (
    select distinct
        customer_id,
        valid_from
    from {{ ref("int_subscription_states") }}
    where is_active and not was_active
),

losses as (
    select
        ends.subscription_id,
        ends.valid_from as lost_at,
        {{ reporting_date("ends.valid_from") }} as lost_on
    from {{ ref("int_subscription_states") }} as ends
    left join starts
        on ends.customer_id = starts.customer_id and ends.valid_from = starts.valid_from
    where ends.was_active and not ends.is_active and starts.customer_id is null
),

stretches as (
    select
        *,
        {{ reporting_date("valid_from") }} as began_on,
        {{ reporting_date("valid_to") }} as ended_on,
        min(case when was_active and not is_active then valid_from end) over (
            partition by subscription_id order by valid_from desc
            rows between unbounded preceding and 1 preceding
        ) as next_end_at
    from {{ ref("int_subscription_states") }}
)

select
    stretches.subscription_id,
    stretches.customer_id,
    dates.scored_on,
    stretches.state,
    stretches.mrr,
    stretches.plan_id,
    case
        {%- for days in health_horizons() %}
        when {{ days_until_loss }} <= {{ days }} then {{ days }}
        {%- endfor %}
    end as lost_within_days
from stretches
inner join {{ ref("int_score_dates") }} as dates
    on
        stretches.began_on <= dates.scored_on
        and coalesce(stretches.ended_on > dates.scored_on, true)
left join losses
    on stretches.subscription_id = losses.subscription_id and stretches.next_end_at = losses.lost_at
where stretches.is_active
