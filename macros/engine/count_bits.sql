{#- How many bits of a whole number are set. -#}
{% macro count_bits(number) -%}
    {{ adapter.dispatch("count_bits")(number) }}
{%- endmacro %}

{% macro default__count_bits(number) -%}
    bit_count({{ number }})
{%- endmacro %}

{% macro postgres__count_bits(number) -%}
    bit_count(cast({{ number }} as bit(64)))
{%- endmacro %}
