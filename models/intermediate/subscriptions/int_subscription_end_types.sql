{{ config(materialized="view") }}

{#- Why each subscription ended: of the causes that are known of it, the first rule that applies. -#}
with causes as (
    select
        ends.*,
        ends.payment_failed_at >= {{ days_later("ends.ended_at", "-dunning.value") }}
            as has_open_payment_failure
    from {{ ref("int_subscription_ends") }} as ends
    inner join {{ ref("thresholds") }} as dunning
        on dunning.threshold = 'dunning_window_days'
),

classified as (
    select
        causes.*,
        reasons.churn_type as type_of_reason,
        reasons.is_involuntary_narrow as is_narrow_by_reason,
        reasons.reason_category,
        reasons.is_preventable,
        -- the first rule that applies
        case
            when reasons.reason_code is not null then 'reason_code'
            when causes.has_open_payment_failure then 'open_payment_failure'
            when causes.has_open_cancel_request or causes.cancelled_by = 'customer' then 'customer_cancelled'
            when causes.cancelled_by = 'system' then 'system_cancelled'
            else 'unknown'
        end as classification_rule
    from causes
    left join {{ ref("churn_reasons") }} as reasons
        on causes.reason_code = {{ as_contract_type("reasons.reason_code", "code") }}
)

select
    subscription_id,
    customer_id,
    ended_at,
    plan_before,
    event_product_before,
    mrr_before,
    has_open_cancel_request,
    cancel_requested_at,
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
    classification_rule
from classified
