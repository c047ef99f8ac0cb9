-- Why a subscription ended, if it did.
select
    subscriptions.id as subscription_id,
    coalesce(as_time(subscriptions.ended_at), as_time(subscriptions.canceled_at)) as ended_at,
    coalesce(
        feedbacks.reason_code,
        reasons.reason_code,
        if(lower(subscriptions.status) = 'unpaid', 'payment_failure', null)
    ) as reason_code,
    coalesce(
        reasons.cancelled_by,
        feedbacks.cancelled_by,
        if(lower(subscriptions.status) = 'unpaid', 'system', null)
    ) as cancelled_by,
    subscriptions.comment as reason_text
from used.subscriptions as subscriptions
left join cancellation_reasons as feedbacks on lower(subscriptions.feedback) = feedbacks.stripe_code
left join cancellation_reasons as reasons on lower(subscriptions.reason) = reasons.stripe_code
where lower(subscriptions.status) in ('canceled', 'unpaid')
