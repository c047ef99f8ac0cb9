{#
    The rows of a relation, and beside their own columns the segment value that they are reported under at their grain, as
    reported_value: by day and week a segment type's small values are one, (other).

    Arguments:
        relation: a table or CTE with the columns period_grain, segment_type and segment_value.
#}
{% macro as_reported(relation) -%}
    select
        facts.*,
        {{ reported_value("facts.segment_value", "others") }} as reported_value
    from {{ relation }} as facts
    left join {{ ref("int_other_segments") }} as others
        on
            facts.period_grain = others.period_grain
            and facts.segment_type = others.segment_type
            and facts.segment_value = others.segment_value
{%- endmacro %}


{# The value of a column that int_other_segments is left joined to as `others`. #}
{% macro reported_value(column, others) -%}
    case when {{ others }}.segment_value is null then {{ column }} else {{ other_segments() }} end
{%- endmacro %}
