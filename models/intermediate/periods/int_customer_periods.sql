{#-
    One row per customer, period and grain in which something changed: what it was at both ends and what happened between.
    A change whose neighbours lie outside its period already is that row; only the others are folded.
-#}
with changes as (
    select
        changes.*,
        calendar.period_grain,
        calendar.period_start,
        calendar.period_end,
        calendar.is_complete_period,
        coalesce(changes.previous_changed_on < calendar.period_start, true) as is_first,
        coalesce(changes.next_changed_on >= calendar.period_end, true) as is_last,
        changes.was_active and not changes.is_active as is_loss,
        changes.is_active and not changes.was_active and changes.was_customer_before as is_return
    from {{ ref("int_customer_changes") }} as changes
    inner join {{ ref("int_calendar_periods") }} as calendar
        on changes.changed_on = calendar.date_day
),

alone as (
    select
        customer_id,
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        was_active,
        is_active,
        was_customer_before,
        previous_mrr as mrr_start,
        mrr as mrr_end,
        previous_plan_id as plan_id_start,
        plan_id as plan_id_end,
        plan_id as plan_id_entered,
        is_loss as has_left,
        is_return as has_returned,
        changed_at as last_changed_at
    from changes
    where is_first and is_last
),

folded as (
    select
        customer_id,
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        max(case when is_first then cast(was_active as integer) end) = 1 as was_active,
        max(case when is_last then cast(is_active as integer) end) = 1 as is_active,
        max(case when is_first then cast(was_customer_before as integer) end) = 1 as was_customer_before,
        max(case when is_first then previous_mrr end) as mrr_start,
        max(case when is_last then mrr end) as mrr_end,
        max(case when is_first then previous_plan_id end) as plan_id_start,
        max(case when is_last then plan_id end) as plan_id_end,
        max(case when is_first then plan_id end) as plan_id_entered,
        max(cast(is_loss as integer)) = 1 as has_left,
        max(cast(is_return as integer)) = 1 as has_returned,
        max(changed_at) as last_changed_at
    from changes
    where not (is_first and is_last)
    group by customer_id, period_grain, period_start, period_end, is_complete_period
)

select * from alone
union all
select * from folded
