{#- What became of each scored customer: the loss that ended the spell in which it was scored. -#}
{%- set days_until_loss = dbt.datediff("scored.scored_on", "losses.churned_on", "day") -%}
select
    scored.customer_id,
    scored.scored_on,
    losses.churned_on as lost_on,
    losses.churn_type,
    case
        {%- for days in health_horizons() %}
        when {{ days_until_loss }} <= {{ days }} then {{ days }}
        {%- endfor %}
    end as lost_within_days
from {{ ref("int_scored_customers") }} as scored
left join {{ ref("int_churn_events") }} as losses
    on scored.customer_id = losses.customer_id and scored.became_customer_at = losses.became_customer_at
