{# The value that cells have of an attribute: (other) where int_rare_values, left joined as rare_<attribute>, has it. #}
{% macro folded_value(column, attribute) -%}
    case when rare_{{ attribute }}.value is null then {{ column }} else {{ other_segments() }} end
{%- endmacro %}
