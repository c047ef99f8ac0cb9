with final as (
    select
        ends.subscription_id,
        {{ shown_time("ends.ended_at") }} as ended_at,
        ends.customer_id,
        ends.plan_before as plan_id,
        coalesce(ends.event_product_before, plans.product_id) as product_id,
        ends.churn_type,
        ends.is_involuntary_narrow,
        ends.reason_code,
        ends.reason_category,
        ends.is_preventable,
        ends.classification_rule,
        ends.has_open_cancel_request,
        ends.cancel_requested_at,
        ends.mrr_before as mrr_lost,
        {{ whole_days("spells.began_at", "ends.ended_at") }} as tenure_days,
        replacements.subscription_id is not null as is_replaced,
        replacements.replaced_by_subscription_id,
        replacements.replaced_at,
        losses.customer_id is not null as is_customer_lost
    from {{ ref("int_subscription_end_types") }} as ends
    cross join {{ ref("int_report_moment") }} as moment
    inner join {{ ref("int_subscription_spells") }} as spells
        on ends.subscription_id = spells.subscription_id and ends.ended_at = spells.ended_at
    left join {{ ref("int_subscription_replacements") }} as replacements
        on ends.subscription_id = replacements.subscription_id and ends.ended_at = replacements.ended_at
    left join {{ ref("int_churn_events") }} as losses
        on ends.customer_id = losses.customer_id and ends.ended_at = losses.churned_at
    left join {{ ref("dim_plans") }} as plans
        on ends.plan_before = plans.plan_id
)

select * from final
