{#
    Every row of a raw table, cast to the contract's types, with the first reason why it cannot be used
    (quarantine_reason; null = none), and the key and content of a row that cannot, as text (for rpt_quarantine).

    Arguments:
        table_name: raw table; models/staging/raw_sources.yml declares its types and checks.
        relation: source() of it.
        first_rates: ref() of the first exchange rates, for a table with money.
        further_checks: list of [reason, condition on typed columns] that the contract cannot declare.
#}
{% macro checked_rows(table_name, relation, first_rates=none, further_checks=[]) %}
{%- set table = contract_table(table_name) -%}
with raw_rows as (
    {{ with_texts(table.columns.values(), relation) }}
),

typed as (
    select
        {%- for column in table.columns.values() %}
        {{ contract_value(column) }} as {{ column.name }},
        {{ column.name }} as raw_{{ column.name }},
        text_{{ column.name }} {{- "," if not loop.last }}
        {%- endfor %}
    from raw_rows
),

checked as (
    select
        typed.*,
        case
            {%- for check in row_checks(table, first_rates is not none) + further_checks %}
            when {{ check[1] }} then '{{ check[0] }}' {{- " || " ~ check[2] if check[2] }}
            {%- endfor %}
        end as quarantine_reason
    from typed
    {%- if first_rates is not none %}
    left join {{ first_rates }} as first_rates
        on typed.currency = first_rates.currency
    {%- endif %}
),

joined as (
    -- of quarantined rows only: of all, it would cost more than everything else
    select
        checked.*,
        {{ shown_cells(table) }}
    from checked
),

shown as (
    select
        joined.*,
        {{ redacted("cells") }} as shown_cells,
        {{ without_ibans(without_emails("id_cells")) }} as shown_id_cells
    from joined
)

select
    {%- for column in table.columns.values() %}
    {{ column.name }},
    {%- endfor %}
    quarantine_reason,
    case when quarantine_reason is not null then {{ row_key(table) }} end as row_key,
    case when quarantine_reason is not null then {{ row_as_json(table) }} end as raw_row
from shown
{% endmacro %}


{#
    The rows of a raw relation with what their columns are read from beside them: text_<column> is the raw_text() of it,
    utc_<column> the utc_of() of a time.
#}
{% macro with_texts(columns, relation) %}
select
    texts.*
    {%- for column in columns if is_time_type(column.data_type) %},
    {{ utc_of(column.name, column.data_type, "text_" ~ column.name) }} as utc_{{ column.name }}
    {%- endfor %}
from (
    select
        landed.*,
        {%- for column in columns %}
        {{ raw_text("landed." ~ column.name) }} as text_{{ column.name }} {{- "," if not loop.last }}
        {%- endfor %}
    from {{ relation }} as landed
) as texts
{% endmacro %}


{#
    A raw column as staging has it: cast to its type; of a text that is no id, and of no fixed list, the contacts go. So
    every mart is without them, whatever it reads. Ids are keys and stay as they are; an e-mail address has its column.
    Argument: a column of with_texts().
#}
{% macro contract_value(column) -%}
    {%- set value = as_contract_type(column.name, column.data_type, "text_" ~ column.name, "utc_" ~ column.name) -%}
    {{ redacted(value) if may_hold_contacts(column) else value }}
{%- endmacro %}

{% macro may_hold_contacts(column) %}
    {% set meta = column_meta(column) %}
    {% do return(column.data_type in ("text", "code") and not is_id(column.name) and not meta.accepted and not meta.personal) %}
{% endmacro %}


{# The columns of a raw table in which a contact is a surprise: ids, and texts that are no free text. #}
{% macro columns_without_contacts(table_name) %}
    {% set columns = [] %}
    {% set declared = contract_table(table_name).columns.values() if execute else [] %}
    {% for column in declared %}
        {% if is_id(column.name) or may_hold_contacts(column) and not column_meta(column).free_text %}
            {% do columns.append(column) %}
        {% endif %}
    {% endfor %}
    {% do return(columns) %}
{% endmacro %}


{#
    [reason, condition] for every check that the contract declares, in its order; the first that holds is the reason. A
    time that cannot be read also has the layout that ends the reason, as SQL: only such rows are asked for it.
#}
{% macro row_checks(table, has_rates) %}
    {% set checks = [] %}
    {% for column in table.columns.values() %}
        {% set name = column.name %}
        {% set meta = column_meta(column) %}
        {% if meta.required %}
            {% do checks.append(["missing_" ~ name, is_missing(name, column.data_type)]) %}
        {% endif %}
        {% if not is_text_type(column.data_type) %}
            {% set layout = time_layout("typed.text_" ~ name, column.data_type) if is_time_type(column.data_type) %}
            {% do checks.append(["unreadable_" ~ name, "typed." ~ name ~ " is null and not (" ~ is_missing(name, column.data_type) ~ ")", layout]) %}
        {% endif %}
        {% if meta.accepted %}
            {% do checks.append(["unknown_" ~ name, "typed." ~ name ~ " not in ('" ~ meta.accepted | join("', '") ~ "')"]) %}
        {% endif %}
        {% if meta.above is defined %}
            {% do checks.append(["not_positive_" ~ name, "typed." ~ name ~ " <= " ~ meta.above]) %}
        {% endif %}
        {% if meta.minimum is defined %}
            {% do checks.append([("negative_" if meta.minimum == 0 else "too_small_") ~ name, "typed." ~ name ~ " < " ~ meta.minimum]) %}
        {% endif %}
        {% if meta.maximum is defined %}
            {% do checks.append(["too_large_" ~ name, "typed." ~ name ~ " > " ~ meta.maximum]) %}
        {% endif %}
        {% if meta.money and has_rates %}
            {% do checks.append([
                "no_exchange_rate",
                "typed." ~ name ~ " is not null and typed.currency <> '" ~ var("reporting_currency") | upper ~ "' and ("
                ~ "first_rates.first_rate_date is null or first_rates.first_rate_date > cast(typed."
                ~ table.config.meta.own_time ~ " as date))",
            ]) %}
        {% endif %}
    {% endfor %}
    {% do return(checks) %}
{% endmacro %}


{# Whether the raw value is null or blank. A text says so itself; another type is asked whether it is text at all. #}
{% macro is_missing(column, data_type) -%}
    {%- if is_text_type(data_type) -%}
        typed.{{ column }} is null
    {%- else -%}
        {{ adapter.dispatch("is_empty")("typed.raw_" ~ column, "typed.text_" ~ column) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__is_empty(value, text) -%}
    {{ text }} is null
{%- endmacro %}

{# DuckDB knows the column's type before it runs: only text can be empty, and a number is not made text to find out. #}
{% macro duckdb__is_empty(value, text) -%}
    case when typeof({{ value }}) = 'VARCHAR' then {{ text }} is null else {{ value }} is null end
{%- endmacro %}
