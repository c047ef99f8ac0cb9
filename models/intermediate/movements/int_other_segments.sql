{#-
    Thousands of plans or countries would fill every report by day and week with rows in which nothing happened. So there
    only the largest values of a segment type have rows of their own.

    A value that is itself called (other) is never one of the largest: by day and week that name stands for those counted
    together, and it is one of them.
-#}
with ranked as (
    select
        segment_type,
        segment_value,
        row_number() over (
            partition by segment_type
            order by case when segment_value = {{ other_segments() }} then 1 else 0 end, customers desc, segment_value
        ) as size_rank
    from {{ ref("int_segments") }}
)

{%- for grain in fine_grains() %}
select
    '{{ grain }}' as period_grain,
    segment_type,
    segment_value
from ranked
where size_rank > {{ var("largest_segment_values") }}
{{ "union all" if not loop.last }}
{%- endfor %}
