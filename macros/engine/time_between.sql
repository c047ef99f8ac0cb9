{# Seconds from one UTC timestamp to another. #}
{% macro seconds_between(from_time, to_time) -%}
    {{ adapter.dispatch("seconds_between")(from_time, to_time) }}
{%- endmacro %}

{% macro default__seconds_between(from_time, to_time) -%}
    extract(epoch from ({{ to_time }} - {{ from_time }}))
{%- endmacro %}

{% macro spark__seconds_between(from_time, to_time) -%}
    ((unix_micros({{ to_time }}) - unix_micros({{ from_time }})) / 1e6)
{%- endmacro %}


{# Whole days (of 24 hours) from one UTC timestamp to another. #}
{% macro whole_days(from_time, to_time) -%}
    cast(floor({{ seconds_between(from_time, to_time) }} / 86400) as integer)
{%- endmacro %}
