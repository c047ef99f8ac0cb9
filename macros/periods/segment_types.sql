{# The segments of every report: the customer's attributes as known now. The segment `plan` changes with time and is told apart. #}
{% macro attribute_segments() %}
    {% do return(["country", "customer_segment", "industry", "acquisition_channel"]) %}
{% endmacro %}


{# A null attribute is a segment of its own. #}
{% macro segment_value(column) -%}
    coalesce({{ column }}, '(none)')
{%- endmacro %}


{# The values of a segment type that have no rows of their own (int_other_segments), counted together. #}
{% macro other_segments() -%}
    '(other)'
{%- endmacro %}
