{#
    Cast a raw column to a type of the input contract; what cannot be read becomes null, never an error. Blanks around a
    value are no part of it.

        text            as it is
        code            of a fixed list: lower case, single blanks (as_code)
        currency        a code in upper case
        timestamp       UTC
        date
        month           a date; 2024-01 is its first day
        decimal         (18, 6)
        rate            decimal (25, 18)
        integer, double, boolean

    Arguments: a raw column; the type; raw_text() and utc_of() of the column, where they are there already: written out
    again wherever they are needed, they made nine tenths of the SQL.
#}
{% macro as_contract_type(column, contract_type, text=none, utc=none) -%}
    {%- set text = text or raw_text(column) -%}
    {%- set utc = utc or utc_of(column, contract_type, text) if is_time_type(contract_type) -%}
    {%- if contract_type == "text" -%}
        {{ text }}
    {%- elif contract_type == "code" -%}
        {{ as_code(text) }}
    {%- elif contract_type == "currency" -%}
        upper({{ as_code(text) }})
    {%- elif contract_type == "timestamp" -%}
        {{ plausible_time(utc) }}
    {%- elif is_time_type(contract_type) -%}
        cast({{ plausible_time(utc) }} as date)
    {%- elif contract_type == "integer" -%}
        {%- set number = try_cast(column, "decimal(18, 6)", text) -%}
        case when {{ number }} = floor({{ number }}) then cast({{ number }} as bigint) end
    {%- elif contract_type == "double" -%}
        {#- NaN is the greatest number to every engine, and no number to anybody else -#}
        {%- set number = try_cast(column, "double", text) -%}
        case when abs({{ number }}) <= 1.7976931348623157e308 then {{ number }} end
    {%- else -%}
        {%- set types = {"decimal": "decimal(18, 6)", "rate": "decimal(25, 18)"} -%}
        {{ try_cast(column, types.get(contract_type, contract_type), text) }}
    {%- endif -%}
{%- endmacro %}


{# Whether a type of the contract is read from any text: whatever stands there is a value. #}
{% macro is_text_type(contract_type) %}
    {% do return(contract_type in ("text", "code", "currency")) %}
{% endmacro %}

{% macro is_time_type(contract_type) %}
    {% do return(contract_type in ("timestamp", "date", "month")) %}
{% endmacro %}
