{#- Whether who was a customer stayed, and pays more; and whether who was lost came back, be it for a while. -#}
select
    customer_id,
    metric,
    moment_at,
    case measure
        when 'stayed' then cast(is_active_after as integer)
        when 'expanded' then case when is_active_after and mrr_after > mrr_before then 1 else 0 end
        -- nothing changes while it is lost, so the next change is the return
        when 'returned' then case when next_changed_at <= until_at then 1 else 0 end
    end as value
from {{ ref("int_play_states") }}
where (measure in ('stayed', 'expanded') and was_active) or (measure = 'returned' and was_lost)
