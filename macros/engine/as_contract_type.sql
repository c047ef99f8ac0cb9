{#
    Cast a raw column to a type of the input contract; what cannot be read becomes null, never an error.
    text, currency (upper case), timestamp (UTC), date, decimal (18, 6), rate (decimal 25, 18), integer, double, boolean.
#}
{% macro as_contract_type(column, contract_type) -%}
    {%- if contract_type == "text" -%}
        nullif(cast({{ column }} as {{ dbt.type_string() }}), '')
    {%- elif contract_type == "currency" -%}
        upper({{ as_contract_type(column, "text") }})
    {%- elif contract_type == "timestamp" -%}
        {{ try_cast_timestamp(column) }}
    {%- elif contract_type == "date" -%}
        cast({{ try_cast_timestamp(column) }} as date)
    {%- elif contract_type == "integer" -%}
        {%- set number = try_cast(column, "decimal(18, 6)") -%}
        case when {{ number }} = floor({{ number }}) then cast({{ number }} as bigint) end
    {%- elif contract_type == "double" -%}
        {#- NaN is the greatest number to every engine, and no number to anybody else -#}
        {%- set number = try_cast(column, "double") -%}
        case when abs({{ number }}) <= 1.7976931348623157e308 then {{ number }} end
    {%- else -%}
        {%- set types = {"decimal": "decimal(18, 6)", "rate": "decimal(25, 18)"} -%}
        {{ try_cast(column, types.get(contract_type, contract_type)) }}
    {%- endif -%}
{%- endmacro %}
