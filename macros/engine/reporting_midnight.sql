{# The instant (UTC) at which a date begins in the reporting timezone. #}
{% macro reporting_midnight(day) -%}
    {%- if var("reporting_timezone") == "UTC" -%}
        cast({{ day }} as timestamp)
    {%- else -%}
        {{ adapter.dispatch("from_time_zone")("cast(" ~ day ~ " as timestamp)", var("reporting_timezone")) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__from_time_zone(local_timestamp, time_zone) -%}
    (({{ local_timestamp }} at time zone '{{ time_zone }}') at time zone 'UTC')
{%- endmacro %}

{% macro spark__from_time_zone(local_timestamp, time_zone) -%}
    to_utc_timestamp({{ local_timestamp }}, '{{ time_zone }}')
{%- endmacro %}
