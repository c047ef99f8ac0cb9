{#- The customers of each definition of MRR by segment at the end of each period since they first changed, and what became of them in it. -#}
{%- set counts = ["new", "reactivated", "churned", "left_and_returned", "lost", "acquired"] -%}
{%- set keys = "definition, segment_type, segment_value, period_grain" -%}
with changes as (
    {{ in_segments(ref("int_counted_customer_periods"), plan=false) }}
),

by_segment as (
    select
        {%- for count in counts %}
        sum(customers_{{ count }}) as customers_{{ count }},
        {%- endfor %}
        {{ keys }},
        period_start
    from changes
    group by {{ keys }}, period_start
),

running as (
    select
        *,
        lead(period_start) over (partition by {{ keys }} order by period_start) as next_period_start,
        sum(customers_new + customers_reactivated - customers_churned) over until_here as customers_end
    from by_segment
    window until_here as (partition by {{ keys }} order by period_start rows unbounded preceding)
)

select
    running.definition,
    running.segment_type,
    running.segment_value,
    periods.period_grain,
    periods.period_start,
    {%- for count in counts %}
    cast(
        case when running.period_start = periods.period_start then running.customers_{{ count }} else 0 end as bigint
    ) as customers_{{ count }},
    {%- endfor %}
    cast(running.customers_end as bigint) as customers_end
from running
inner join {{ ref("int_periods") }} as periods
    on
        running.period_grain = periods.period_grain
        and running.period_start <= periods.period_start
        and coalesce(running.next_period_start > periods.period_start, true)
