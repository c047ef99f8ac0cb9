{#-
    Movements counted by plan and all attributes at once. Each stands where it counts: what left at the plan at the start,
    what arrived at the plan at the end, what happened in between at the one it happened in. Made anew by every build: it
    is one pass over the movements, and nearly as large as they are where customers have many attributes.
-#}
{%- set churn = "movement_type = 'churn'" -%}
{%- set left_from = {
    "customers_churned": "case when " ~ churn ~ " then 1 else 0 end",
    "customers_churned_voluntary": "case when " ~ churn ~ " and churn_type = 'voluntary' then 1 else 0 end",
    "customers_churned_involuntary": "case when " ~ churn ~ " and churn_type = 'involuntary' then 1 else 0 end",
    "customers_churned_unknown": "case when " ~ churn ~ " and churn_type = 'unknown' then 1 else 0 end",
    "customers_moved_out": "case when movement_type = 'moved' then 1 else 0 end",
    "mrr_churn": "case when " ~ churn ~ " then -mrr_start else 0 end",
    "mrr_expansion_of_start": "case when movement_type = 'expansion' then mrr_end - mrr_start else 0 end",
    "mrr_contraction_of_start": "case when movement_type = 'contraction' then mrr_end - mrr_start else 0 end",
    "mrr_moved": "case when movement_type = 'moved' then -mrr_start else 0 end",
} -%}
{%- set arrived_in = {
    "customers_new": "case when movement_type = 'new' then 1 else 0 end",
    "customers_reactivated": "case when movement_type = 'reactivation' then 1 else 0 end",
    "customers_moved_in": "case when movement_type = 'moved' then 1 else 0 end",
    "mrr_new": "case when movement_type = 'new' then mrr_end else 0 end",
    "mrr_reactivation": "case when movement_type = 'reactivation' then mrr_end else 0 end",
    "mrr_expansion": "case when movement_type = 'expansion' then mrr_end - mrr_start else 0 end",
    "mrr_contraction": "case when movement_type = 'contraction' then mrr_end - mrr_start else 0 end",
    "mrr_moved": "case when movement_type = 'moved' then mrr_start else 0 end",
} -%}
{%- set happened_in = {
    "customers_acquired": "case when is_acquired then 1 else 0 end",
    "customers_lost": "case when is_lost then 1 else 0 end",
    "customers_returned": "case when is_returned then 1 else 0 end",
    "customers_came_and_went": "case when movement_type = 'came_and_went' then 1 else 0 end",
    "customers_left_and_returned": "case when movement_type = 'left_and_returned' then 1 else 0 end",
} -%}
{%- set legs = {"plan_id_start": left_from, "plan_id_end": arrived_in, "plan_id_inside": happened_in} -%}
{%- set measures = legs.values() | map("list") | sum(start=[]) | unique | list -%}
{%- set attributes = promised_attributes() + ["plan_id"] -%}
{%- set wholes = [] -%}
{%- for grain in cell_grains() %}{% do wholes.append("whole_" ~ grain) %}{% endfor -%}
{%- set keys = (wholes + attributes) | join(", ") -%}

with legs as (
    {%- for plan_id, counted in legs.items() %}
    select
        {%- for measure in measures %}
        {{ counted.get(measure, "0") }} as {{ measure }},
        {%- endfor %}
        {{ (wholes + promised_attributes()) | join(", ") }},
        {{ plan_id }} as plan_id
    from {{ ref("int_customer_movements") }}
    where {{ plan_id }} is not null
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

sums as (
    select
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }},
        {%- endfor %}
        {{ keys }}
    from legs
    group by {{ keys }}
)

select
    {%- for attribute in attributes %}
    {{ folded_value("sums." ~ attribute, attribute) }} as {{ attribute }},
    {%- endfor %}
    {%- for measure in measures %}
    cast(sums.{{ measure }} as {{ "bigint" if measure.startswith("customers_") else "decimal(38, 6)" }}) as {{ measure }},
    {%- endfor %}
    {{ wholes | join(",\n    ") }}
from sums
left join {{ ref("int_rare_values") }} as rare_plan_id
    on rare_plan_id.attribute = 'plan_id' and sums.plan_id = rare_plan_id.value
{%- for attribute in promised_attributes() %}
left join {{ ref("int_rare_values") }} as rare_{{ attribute }}
    on rare_{{ attribute }}.attribute = '{{ attribute }}' and sums.{{ attribute }} = rare_{{ attribute }}.value
{%- endfor %}
