{#
    What the quarantine shows of a row: its key and its content, without anything personal. In a broken row columns may
    have moved, so a contact may stand in any of them, in numbers and dates too. The values stand as they landed, with the
    blanks around them, and are redacted together, with a
    character between them that no text has: one by one, a wide table would take as many patterns as it has columns.
#}
{% macro shown_cells(table) -%}
    {%- set cells, id_cells = [], [] -%}
    {%- for column in shown_columns(table) -%}
        {%- set value = "replace(coalesce(cast(raw_" ~ column ~ " as " ~ dbt.type_string() ~ "), ''), '\u001f', ' ')" -%}
        {%- if is_id(column) -%}
            {#- digits beside letters are an id, digits alone may be a telephone number -#}
            {%- set has_letters = matches_pattern(value, "'[A-Za-z]'") -%}
            {%- do cells.append("case when " ~ has_letters ~ " then '' else " ~ value ~ " end") -%}
            {%- do id_cells.append("case when " ~ has_letters ~ " then " ~ value ~ " else '' end") -%}
        {%- else -%}
            {%- do cells.append(value) -%}
            {%- do id_cells.append("''") -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set together = " || '\u001f' || " -%}
    case when quarantine_reason is not null then {{ cells | join(together) }} end as cells,
    case when quarantine_reason is not null then {{ id_cells | join(together) }} end as id_cells
{%- endmacro %}


{# One of the shown columns; null = it is missing. #}
{% macro shown_cell(table, column) -%}
    {%- set place = shown_columns(table).index(column) + 1 -%}
    {%- set cell = "nullif(" ~ dbt.split_part("shown_cells", "'\u001f'", place) ~ ", '')" -%}
    {%- if is_id(column) -%}
        coalesce({{ cell }}, nullif({{ dbt.split_part("shown_id_cells", "'\u001f'", place) }}, ''))
    {%- else -%}
        {{ cell }}
    {%- endif -%}
{%- endmacro %}


{# The raw row's key as text, '?' for a missing part. #}
{% macro row_key(table) -%}
    {%- for column in table.config.meta.key -%}
        coalesce({{ shown_cell(table, column) }}, '?') {{- " || '|' || " if not loop.last -}}
    {%- endfor -%}
{%- endmacro %}


{# The raw row as a JSON object, without its nulls. #}
{% macro row_as_json(table) -%}
    '{' || concat_ws(
        ', '
        {%- for column in shown_columns(table) -%}
        , '"{{ column }}": ' || {{ json_text(shown_cell(table, column)) }}
        {%- endfor -%}
    ) || '}'
{%- endmacro %}


{% macro shown_columns(table) %}
    {% do return(table.columns.keys() | reject("in", columns_that_are(table, "personal")) | list) %}
{% endmacro %}


{% macro is_id(column_name) %}
    {% do return(column_name.endswith("_id")) %}
{% endmacro %}
