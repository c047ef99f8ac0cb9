{#- Who was a customer at the end of each day of scoring, and on which terms. -#}
select
    changes.customer_id,
    dates.scored_on,
    {{ reporting_date("changes.became_customer_at") }} as customer_since,
    changes.became_customer_at,
    changes.mrr,
    changes.plan_id
from {{ ref("int_customer_changes") }} as changes
inner join {{ ref("int_score_dates") }} as dates
    on
        changes.changed_on <= dates.scored_on
        and coalesce(changes.next_changed_on > dates.scored_on, true)
where changes.is_active
