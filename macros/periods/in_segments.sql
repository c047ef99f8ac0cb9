{#
    The rows of a relation once for every segment that they are in, as segment_type and segment_value beside their own
    columns: what a report by segment counts.

    Arguments:
        relation: a table or CTE with a column for each attribute segment, null = not known.
        plan: whether it has a column `plan` too; without one there are no plan segments.
        own: columns by which its rows are told apart beside the segments of customers, such as the agent of a ticket.
#}
{% macro in_segments(relation, plan=true, own=[]) -%}
    {%- for segment in ["all"] + attribute_segments() + (["plan"] if plan else []) + own %}
    select
        '{{ segment }}' as segment_type,
        {{ "'all'" if segment == "all" else segment_value("facts." ~ segment) }} as segment_value,
        facts.*
    from {{ relation }} as facts
    {{- " union all" if not loop.last }}
    {%- endfor %}
{%- endmacro %}
