{#
    The last value that is not null up to a row, in the order of a number that is unique in its partition.
    The window is `until_here`: it ends with the row and is ordered by that number.
#}
{% macro last_given(value, number, data_type) -%}
    {{ adapter.dispatch("last_given")(value, number, data_type) }}
{%- endmacro %}

{% macro default__last_given(value, number, data_type) -%}
    last_value({{ value }} ignore nulls) over until_here
{%- endmacro %}

{% macro spark__last_given(value, number, data_type) -%}
    last_value({{ value }}, true) over until_here
{%- endmacro %}

{# Postgres ignores no nulls; the greatest of number and value in one text is the last one. #}
{% macro postgres__last_given(value, number, data_type) -%}
    cast(
        substr(
            max(case when {{ value }} is not null then lpad(cast({{ number }} as text), 19, '0') || cast({{ value }} as text) end)
                over until_here,
            20
        ) as {{ data_type }}
    )
{%- endmacro %}
