{#-
    Cells are by all attributes at once, so their number is a product: values beyond the largest of each attribute are
    counted together in them, as are plans. Large is what most customers have, prospects too, as they answer surveys.

    A value that is itself called (other) is rare wherever there are rare ones, as in int_other_segments.
-#}
with sizes as (
    {%- for attribute in promised_attributes() %}
    select
        '{{ attribute }}' as attribute,
        {{ segment_value(attribute) }} as value,
        count(*) as customers
    from {{ ref("int_customers") }}
    group by {{ segment_value(attribute) }}
    union all
    {%- endfor %}
    select
        'plan_id' as attribute,
        segment_value as value,
        customers
    from {{ ref("int_segments") }}
    where segment_type = 'plan'
),

ranked as (
    select
        attribute,
        value,
        row_number() over (
            partition by attribute
            order by case when value = {{ other_segments() }} then 1 else 0 end, customers desc, value
        ) as size_rank
    from sizes
)

select
    attribute,
    value
from ranked
where size_rank > {{ var("largest_cell_values") }}
