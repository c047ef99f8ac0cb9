{#
    Free text without e-mail addresses, card-like digit groups and phone numbers.
    A digit group counts as a phone number from seven digits on, so prices and years stay readable.
#}
{% macro redacted(text) -%}
    {%- set digits = "'[+]?[(]?[0-9]([ ()./ –-]{0,3}[0-9]){6,}'" -%}
    {{ replace_pattern(without_emails(text), digits, "'[number]'") }}
{%- endmacro %}

{# Any text without e-mail addresses, also those with letters beyond ASCII. #}
{% macro without_emails(text) -%}
    {{ replace_pattern(text, "'[A-Za-z0-9._%+À-힣-]+@[A-Za-z0-9.À-힣-]+'", "'[e-mail]'") }}
{%- endmacro %}
