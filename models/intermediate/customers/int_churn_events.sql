{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", unique_key="customer_id", meta={"touched": "int_touched_customers"}) }}

{#- One row per customer and instant at which its last active subscription ended, with the subscription that speaks. -#}
with losses as (
    select
        changes.customer_id,
        changes.changed_at as churned_at,
        changes.changed_on as churned_on,
        changes.previous_mrr as mrr_lost,
        changes.became_customer_at,
        changes.next_changed_at as returned_at,
        ends.reason_code,
        ends.cancelled_by,
        ends.has_open_cancel_request,
        ends.payment_failed_at >= {{ days_later("ends.ended_at", "-dunning.value") }}
            as has_open_payment_failure,
        row_number() over (
            partition by changes.customer_id, changes.changed_at
            order by ends.mrr_before desc, ends.subscription_id asc
        ) as place
    from {{ ref("int_customer_changes") }} as changes
    inner join {{ ref("int_subscription_ends") }} as ends
        on changes.customer_id = ends.customer_id and changes.changed_at = ends.ended_at
    inner join {{ ref("thresholds") }} as dunning
        on dunning.threshold = 'dunning_window_days'
    where
        changes.was_active
        and not changes.is_active
        and {{ is_touched("changes.customer_id", ref("int_touched_customers")) }}
),

classified as (
    select
        losses.*,
        reasons.churn_type as type_of_reason,
        reasons.is_involuntary_narrow as is_narrow_by_reason,
        reasons.reason_category,
        reasons.is_preventable,
        -- the first rule that applies
        case
            when reasons.reason_code is not null then 'reason_code'
            when losses.has_open_payment_failure then 'open_payment_failure'
            when losses.has_open_cancel_request or losses.cancelled_by = 'customer' then 'customer_cancelled'
            when losses.cancelled_by = 'system' then 'system_cancelled'
            else 'unknown'
        end as classification_rule
    from losses
    left join {{ ref("churn_reasons") }} as reasons
        on losses.reason_code = {{ as_contract_type("reasons.reason_code", "code") }}
    where losses.place = 1
)

select
    customer_id,
    churned_at,
    churned_on,
    case classification_rule
        when 'reason_code' then type_of_reason
        when 'open_payment_failure' then 'involuntary'
        when 'customer_cancelled' then 'voluntary'
        when 'system_cancelled' then 'involuntary'
        else 'unknown'
    end as churn_type,
    case classification_rule
        when 'reason_code' then is_narrow_by_reason
        else classification_rule = 'open_payment_failure'
    end as is_involuntary_narrow,
    reason_code,
    reason_category,
    is_preventable,
    classification_rule,
    mrr_lost,
    became_customer_at,
    returned_at
from classified
