{{ config(materialized="view") }}

{#- Movements of subscriptions summed by product: that which events gave, else the plan's. -#}
{#- which product a movement counts for: the one it left, or the one it arrived in -#}
{%- set switches = "movement_type in ('moved', 'moved_within_plan')" -%}
{%- set left_from = {
    "subscriptions_churned": "case when movement_type = 'churn' then subscriptions else 0 end",
    "subscriptions_switched_out": "case when " ~ switches ~ " then subscriptions else 0 end",
    "mrr_churn": "case when movement_type = 'churn' then -mrr_start else 0 end",
    "mrr_switch_out": "case when " ~ switches ~ " then -mrr_start else 0 end",
} -%}
{%- set arrived_in = {
    "subscriptions_new": "case when movement_type = 'new' then subscriptions else 0 end",
    "subscriptions_reactivated": "case when movement_type = 'reactivation' then subscriptions else 0 end",
    "subscriptions_switched_in": "case when " ~ switches ~ " then subscriptions else 0 end",
    "mrr_new": "case when movement_type = 'new' then mrr_end else 0 end",
    "mrr_reactivation": "case when movement_type = 'reactivation' then mrr_end else 0 end",
    "mrr_expansion": "case when movement_type = 'expansion' then mrr_end - mrr_start else 0 end",
    "mrr_contraction": "case when movement_type = 'contraction' then mrr_end - mrr_start else 0 end",
    "mrr_switch_in": "case when " ~ switches ~ " then mrr_start else 0 end",
} -%}
{%- set measures = (left_from | list) + (arrived_in | list) -%}
{%- set legs = {"product_id_start": left_from, "product_id_end": arrived_in} -%}

with movements as (
    select
        sums.period_grain,
        sums.period_start,
        sums.movement_type,
        sums.mrr_start,
        sums.mrr_end,
        sums.subscriptions,
        case when sums.plan_id_start is not null then {{ segment_value("coalesce(sums.event_product_id_start, starts.product_id)") }} end
            as product_id_start,
        case when sums.plan_id_end is not null then {{ segment_value("coalesce(sums.event_product_id_end, ends.product_id)") }} end
            as product_id_end
    from {{ ref("int_subscription_movement_sums") }} as sums
    left join {{ ref("stg_billing__plans") }} as starts
        on sums.plan_id_start = starts.plan_id
    left join {{ ref("stg_billing__plans") }} as ends
        on sums.plan_id_end = ends.plan_id
    where sums.segment_type = 'plan' and sums.period_grain not in ('{{ fine_grains() | join("', '") }}')
),

legs as (
    {%- for product_id, counted in legs.items() %}
    select
        {%- for measure in measures %}
        {{ counted.get(measure, "0") }} as {{ measure }},
        {%- endfor %}
        period_grain,
        period_start,
        {{ product_id }} as product_id
    from movements
    where
        {{ product_id }} is not null
        -- from one plan to another of the same product is no switch
        and (not {{ switches }} or product_id_start <> product_id_end)
    {{ "union all" if not loop.last }}
    {%- endfor %}
)

select
    {%- for measure in measures %}
    sum({{ measure }}) as {{ measure }},
    {%- endfor %}
    period_grain,
    period_start,
    product_id
from legs
group by period_grain, period_start, product_id
