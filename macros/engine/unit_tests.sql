{#
    Unit tests compare rows as dbt shows them, and Postgres shows 10 and 10.000000 as two numbers. So both sides are
    compared as text, without the zeros at the end of a decimal.
#}
{% macro postgres__get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) -%}
    {%- set columns = [] -%}
    {%- for column in expected_column_names -%}
        {%- do columns.append("regexp_replace(cast(" ~ column ~ " as text), '([.][0-9]*[1-9])0+$|[.]0+$', '\\1') as " ~ column) -%}
    {%- endfor -%}
    {{ default__get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) | replace(
        "select * from dbt_internal_unit_test", "select " ~ columns | join(", ") ~ ', "actual_or_expected" from dbt_internal_unit_test'
    ) }}
{%- endmacro %}
