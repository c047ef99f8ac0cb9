{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", unique_key="customer_id", meta={"touched": "int_touched_customers"}) }}

{#- One row per customer and instant at which its last active subscription ended, with the subscription that speaks. -#}
with losses as (
    select
        changes.customer_id,
        changes.changed_at as churned_at,
        changes.changed_on as churned_on,
        ends.churn_type,
        ends.is_involuntary_narrow,
        ends.reason_code,
        ends.reason_category,
        ends.is_preventable,
        ends.classification_rule,
        changes.previous_mrr as mrr_lost,
        changes.became_customer_at,
        changes.next_changed_at as returned_at,
        row_number() over (
            partition by changes.customer_id, changes.changed_at
            order by ends.mrr_before desc, ends.subscription_id asc
        ) as place
    from {{ ref("int_customer_changes") }} as changes
    inner join {{ ref("int_subscription_end_types") }} as ends
        on changes.customer_id = ends.customer_id and changes.changed_at = ends.ended_at
    where
        changes.was_active
        and not changes.is_active
        and {{ is_touched("changes.customer_id", ref("int_touched_customers")) }}
)

select
    customer_id,
    churned_at,
    churned_on,
    churn_type,
    is_involuntary_narrow,
    reason_code,
    reason_category,
    is_preventable,
    classification_rule,
    mrr_lost,
    became_customer_at,
    returned_at
from losses
where place = 1
