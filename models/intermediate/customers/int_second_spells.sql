{#- One row per customer that ever came back: its second spell, from its first return to the next loss. -#}
with losses as (
    select
        customer_id,
        churn_type,
        returned_at,
        row_number() over (partition by customer_id order by churned_at) as place
    from {{ ref("int_churn_events") }}
)

select
    losses.customer_id,
    losses.churn_type as first_churn_type,
    losses.returned_at as started_at,
    {{ shown_time("churns.churned_at") }} as churned_at,
    churns.churn_type,
    {{ whole_days("losses.returned_at", "coalesce(churns.churned_at, moment.as_of)") }} as tenure_days,
    churns.churned_at is not null as is_lost
from losses
left join {{ ref("int_churn_events") }} as churns
    on losses.customer_id = churns.customer_id and losses.returned_at = churns.became_customer_at
cross join {{ ref("int_report_moment") }} as moment
where losses.place = 1 and losses.returned_at is not null
