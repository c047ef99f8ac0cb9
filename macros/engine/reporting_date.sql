{# The date of a UTC timestamp in the reporting timezone. #}
{% macro reporting_date(utc_timestamp) -%}
    {%- if var("reporting_timezone") == "UTC" -%}
        cast({{ utc_timestamp }} as date)
    {%- else -%}
        cast({{ adapter.dispatch("in_time_zone")(utc_timestamp, var("reporting_timezone")) }} as date)
    {%- endif -%}
{%- endmacro %}

{% macro default__in_time_zone(utc_timestamp, time_zone) -%}
    ({{ utc_timestamp }} at time zone 'UTC') at time zone '{{ time_zone }}'
{%- endmacro %}

{% macro spark__in_time_zone(utc_timestamp, time_zone) -%}
    from_utc_timestamp({{ utc_timestamp }}, '{{ time_zone }}')
{%- endmacro %}
