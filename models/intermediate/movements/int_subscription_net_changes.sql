{{ config(materialized="view") }}

{#-
    What a subscription's period comes to, before and after, as int_net_changes_this_run says of customers: a lone change
    stands for all the periods that it is all of, and only the others are folded, period by period.
-#}
with changes as (
    select * from {{ ref("int_subscription_changes") }}
),

calendar as (
    select
        {%- for grain in period_grains() %}
        max(case when period_grain = '{{ grain }}' then period_start end) as {{ grain }}_start,
        max(case when period_grain = '{{ grain }}' then period_end end) as {{ grain }}_end,
        {%- endfor %}
        date_day
    from {{ ref("int_calendar_periods") }}
    group by date_day
),

lone as (
    select
        changes.subscription_id,
        changes.customer_id,
        {%- for grain in period_grains() %}
        case
            when
                coalesce(changes.previous_changed_on < calendar.{{ grain }}_start, true)
                and coalesce(changes.next_changed_on >= calendar.{{ grain }}_end, true)
                then calendar.{{ grain }}_start
        end as whole_{{ grain }},
        {%- endfor %}
        changes.was_active,
        changes.is_active,
        changes.was_active_before,
        changes.previous_mrr as mrr_start,
        changes.mrr as mrr_end,
        changes.previous_plan_id as plan_id_start,
        changes.plan_id as plan_id_end,
        changes.plan_id as plan_id_entered,
        changes.previous_event_product_id as event_product_id_start,
        changes.event_product_id as event_product_id_end,
        changes.was_active and not changes.is_active as has_left,
        changes.changed_at as last_changed_at
    from changes
    inner join calendar
        on changes.changed_on = calendar.date_day
),

beside_others as (
    select
        changes.*,
        calendar.period_grain,
        calendar.period_start,
        coalesce(changes.previous_changed_on < calendar.period_start, true) as is_first,
        coalesce(changes.next_changed_on >= calendar.period_end, true) as is_last
    from changes
    inner join {{ ref("int_calendar_periods") }} as calendar
        on
            changes.changed_on = calendar.date_day
            and (changes.previous_changed_on >= calendar.period_start or changes.next_changed_on < calendar.period_end)
),

folded as (
    select
        subscription_id,
        customer_id,
        {%- for grain in period_grains() %}
        case when period_grain = '{{ grain }}' then period_start end as whole_{{ grain }},
        {%- endfor %}
        max(case when is_first then cast(was_active as integer) end) = 1 as was_active,
        max(case when is_last then cast(is_active as integer) end) = 1 as is_active,
        max(case when is_first then cast(was_active_before as integer) end) = 1 as was_active_before,
        max(case when is_first then previous_mrr end) as mrr_start,
        max(case when is_last then mrr end) as mrr_end,
        max(case when is_first then previous_plan_id end) as plan_id_start,
        max(case when is_last then plan_id end) as plan_id_end,
        max(case when is_first then plan_id end) as plan_id_entered,
        max(case when is_first then previous_event_product_id end) as event_product_id_start,
        max(case when is_last then event_product_id end) as event_product_id_end,
        max(case when was_active and not is_active then 1 else 0 end) = 1 as has_left,
        max(changed_at) as last_changed_at
    from beside_others
    group by subscription_id, customer_id, period_grain, period_start
)

select * from lone
where whole_day is not null
union all
select * from folded
