{# The var as_of or known_at as a UTC timestamp; a date alone is its midnight. check_settings() has seen that it is a time. #}
{% macro time_setting(name) -%}
    {{ try_cast_timestamp("'" ~ var(name) ~ "'") }}
{%- endmacro %}
