{# The time of the build as a UTC timestamp. The session's time zone is UTC (profiles.yml). #}
{% macro utc_now() -%}
    {{ adapter.dispatch("utc_now")() }}
{%- endmacro %}

{% macro default__utc_now() -%} cast({{ dbt.current_timestamp() }} as timestamp) {%- endmacro %}
{# A Postgres session has any time zone. #}
{% macro postgres__utc_now() -%} now() at time zone 'UTC' {%- endmacro %}
