{#
    A UTC timestamp so many days (of 24 hours) later, to the microsecond; null of null. dbt's own dateadd loses the parts of
    a second on Spark, and refuses null there.
#}
{% macro days_later(utc_timestamp, days) -%}
    {{ adapter.dispatch("days_later")(utc_timestamp, days) }}
{%- endmacro %}

{% macro default__days_later(utc_timestamp, days) -%}
    ({{ utc_timestamp }} + cast({{ days }} as integer) * interval '1' day)
{%- endmacro %}

{% macro spark__days_later(utc_timestamp, days) -%}
    timestampadd(day, cast({{ days }} as integer), {{ utc_timestamp }})
{%- endmacro %}
