{# The var as_of or known_at as a UTC timestamp; a date alone is its midnight. #}
{% macro time_setting(name) -%}
    {%- set value = var(name) | string -%}
    {%- if not modules.re.match("^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?)?(Z|[+-][0-9]{2}:[0-9]{2})?$", value) -%}
        {% do exceptions.raise_compiler_error("The setting " ~ name ~ " is '" ~ value ~ "', which is no time. Write it as '2025-06-30' or '2025-06-30 18:00:00'.") %}
    {%- endif -%}
    {{ try_cast_timestamp("'" ~ value ~ "'") }}
{%- endmacro %}
