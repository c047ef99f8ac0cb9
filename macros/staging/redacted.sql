{#
    Free text without e-mail addresses, card-like digit groups and phone numbers.
    A digit group counts as a phone number from seven digits on, so prices and years stay readable.
#}
{% macro redacted(text) -%}
    {%- set email = "'[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+'" -%}
    {%- set digits = "'[+]?[(]?[0-9]([ ()./-]?[0-9]){6,}'" -%}
    {{ replace_pattern(replace_pattern(text, email, "'[e-mail]'"), digits, "'[number]'") }}
{%- endmacro %}
