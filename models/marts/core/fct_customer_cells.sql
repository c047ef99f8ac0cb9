{#- A customer has one plan at a time, so cells of customers are those of plans summed; moves between plans are gone. -#}
{%- set counts = ["customers_start", "customers_new", "customers_reactivated", "customers_churned", "customers_churned_voluntary",
    "customers_churned_involuntary", "customers_churned_unknown", "customers_end", "customers_acquired", "customers_lost",
    "customers_returned", "customers_came_and_went", "customers_left_and_returned"] -%}
{%- set amounts = ["mrr_start", "mrr_new", "mrr_reactivation", "mrr_expansion", "mrr_contraction", "mrr_churn", "mrr_end"] -%}
{%- set keys = ["period_grain", "period_start", "period_end", "is_complete_period"] + promised_attributes() -%}

with final as (
    select
        {%- for measure in counts %}
        cast(sum({{ measure }}) as bigint) as {{ measure }},
        {%- endfor %}
        {%- for measure in amounts %}
        cast(sum({{ measure }}) as decimal(38, 6)) as {{ measure }},
        {%- endfor %}
        {{ keys | join(",\n        ") }}
    from {{ ref("fct_plan_cells") }}
    group by {{ keys | join(", ") }}
)

select * from final
