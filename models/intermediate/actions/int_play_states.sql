{#- What a customer was at each moment of a play, and at the end of its window. -#}
select
    moments.customer_id,
    moments.metric,
    moments.measure,
    moments.moment_at,
    moments.moment_on,
    moments.until_at,
    moments.until_on,
    coalesce(before.is_active, false) as was_active,
    before.changed_at is not null and not before.is_active as was_lost,
    coalesce(before.mrr, 0) as mrr_before,
    before.next_changed_at,
    coalesce(after.is_active, false) as is_active_after,
    coalesce(after.mrr, 0) as mrr_after
from {{ ref("int_play_moments") }} as moments
left join {{ ref("int_customer_changes") }} as before
    on
        moments.customer_id = before.customer_id
        and moments.moment_at >= before.changed_at
        and moments.moment_at < coalesce(before.next_changed_at, timestamp '9999-12-31')
left join {{ ref("int_customer_changes") }} as after
    on
        moments.customer_id = after.customer_id
        and moments.until_at >= after.changed_at
        and moments.until_at < coalesce(after.next_changed_at, timestamp '9999-12-31')
where moments.is_over
