{#- Whether every payment that was open was recovered. -#}
select
    moments.customer_id,
    moments.metric,
    moments.moment_at,
    min(case when failures.outcome = 'recovered' and failures.ended_at <= moments.until_at then 1 else 0 end) as value
from {{ ref("int_play_moments") }} as moments
inner join {{ ref("int_payment_failures") }} as failures
    on
        moments.customer_id = failures.customer_id
        and moments.moment_at >= failures.failed_at
        and coalesce(moments.moment_at < failures.ended_at, true)
where moments.measure = 'recovered' and moments.is_over
group by moments.customer_id, moments.metric, moments.moment_at
