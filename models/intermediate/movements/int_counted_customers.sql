{#- The customers of each definition of MRR by segment, for each period in which they changed, and until when that holds. -#}
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
)

select
    {{ keys }},
    period_start,
    lead(period_start) over (partition by {{ keys }} order by period_start) as next_period_start,
    {%- for count in counts %}
    cast(customers_{{ count }} as bigint) as customers_{{ count }},
    {%- endfor %}
    cast(sum(customers_new + customers_reactivated - customers_churned) over until_here as bigint) as customers_end
from by_segment
window until_here as (partition by {{ keys }} order by period_start rows unbounded preceding)
