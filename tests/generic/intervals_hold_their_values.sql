{#
    Every interval of a mart holds its own value: of all columns x with x_lower and x_upper, as the contract declares them,
    x_lower <= x <= x_upper. A bound that is null is open.
    When it fails: the rows returned are those where it does not, with the name of x. The interval is computed from other
    numbers than its value, or a bound is cut off at the wrong end.
#}
{% test intervals_hold_their_values(model) %}
{%- set values = [] -%}
{%- if execute -%}
    {%- for node in graph.nodes.values() if node.resource_type == "model" and node.name == model.identifier -%}
        {%- for column in node.columns if column ~ "_lower" in node.columns and column ~ "_upper" in node.columns -%}
            {%- do values.append(column) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if not values -%}
        {{ exceptions.raise_compiler_error(model.identifier ~ " declares no interval: take the test intervals_hold_their_values off it") }}
    {%- endif -%}
{%- endif -%}
{%- for value in values %}
select
    '{{ value }}' as value_name,
    {{ value }} as value,
    {{ value }}_lower as lower_bound,
    {{ value }}_upper as upper_bound
from {{ model }}
where {{ value }}_lower > {{ value }} or {{ value }}_upper < {{ value }} or {{ value }}_lower > {{ value }}_upper
{{ "union all" if not loop.last }}
{%- else %}
select 1 as value
from {{ model }}
where false
{%- endfor %}
{% endtest %}
