{#
    Text without e-mail addresses, telephone, card and account numbers.

    A number of seven digits or more goes, whatever stands between its digits, unless its form says that it is a date, a
    time, a price or years; one of six digits stays. Patterns, and no library: one of telephone numbers has to be told the
    country of every number without a +, knows no cards, and would run beside the engines and not in them. What they find
    of a labelled list, and what else they take, is measured: tests/python/test_redaction.py.

    The engines' patterns share no look-ahead, and of two alternatives Postgres takes the longer one, DuckDB and Spark the
    first. So every run of digits is put between two marks, harmless ones lose theirs, and what is still marked is replaced.
    Only a text with seven digits or an at sign costs that much.
#}
{% macro redacted(text) -%}
    {%- set open, close = "\ue000", "\ue001" -%}
    {%- set words = without_ibans(without_emails(with_plain_digits(text))) -%}
    {%- set runs = replace_pattern(words, "'(" ~ digit_run() ~ ")'", "'" ~ open ~ first_group() ~ close ~ "'") -%}
    {%- set harmless = "'" ~ open ~ "(" ~ harmless_number() ~ ")" ~ close ~ "'" -%}
    {%- set contacts = replace_pattern(runs, harmless, "'" ~ first_group() ~ "'") -%}
    {%- set digit = "0-9" ~ digits_of_other_scripts() -%}
    {%- set may_hold_one = "'[" ~ at_sign() ~ "]|[" ~ digit ~ "]([^" ~ digit ~ "]*[" ~ digit ~ "]){6}'" -%}
    case
        when {{ matches_pattern(text, may_hold_one) }}
            then {{ replace_pattern(contacts, "'" ~ open ~ "[^" ~ close ~ "]*" ~ close ~ "'", "'[number]'") }}
        else {{ text }}
    end
{%- endmacro %}


{#
    Text without e-mail addresses: also in other scripts, with a quoted name, with the wide sign of Asian keyboards, and
    with blanks or a line end around the sign where the domain has a dot.
#}
{% macro without_emails(text) -%}
    {%- set letters = "A-Za-z\u00ad\u00c0-\u1fff\u200b-\u200d\u2010\u2011\u2060\u2c00-\u2fff\u3040-\ud7ff\uf900-\ufdff\ufe70-\ufeff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uffdc\U00010000-\U0010ffff" -%}
    {%- set name = "(\"[^\"\u001f]{1,64}\"|[" ~ letters ~ "0-9.!#$%&*+/=?^_\\x60\\x27{}~-]+)" -%}
    {%- set sign = "[" ~ at_sign() ~ "]" -%}
    {%- set dot = ".\u3002\uff0e" -%}
    {%- set label = "[" ~ letters ~ "0-9_" ~ dot ~ "-]+" -%}
    {%- set blanks = "[\t-\r \u00a0\u2000-\u200a\u202f\u205f\u3000]{0,3}" -%}
    {%- set wide = name ~ blanks ~ sign ~ blanks ~ label ~ "[" ~ dot ~ "][" ~ letters ~ "]+" -%}
    {%- set close = name ~ sign ~ "(" ~ label ~ "|\\[[A-Za-z0-9.:]+\\])" -%}
    {{ replace_pattern(replace_pattern(text, "'" ~ wide ~ "'", "'[e-mail]'"), "'" ~ close ~ "'", "'[e-mail]'") }}
{%- endmacro %}

{% macro at_sign() -%}
    {{ return("@\uff20\ufe6b") }}
{%- endmacro %}


{# Text without account numbers (IBAN): two letters, two digits, then groups of digits, first a bank's four letters or none. #}
{% macro without_ibans(text) -%}
    {%- set between = digit_separator() ~ "{0,2}" -%}
    {%- set after_bank = between ~ "[A-Za-z]{4}(" ~ between ~ "[0-9]{4}){2}" -%}
    {%- set digits = "(" ~ between ~ "[A-Za-z]?[0-9]{3,4}){3}" -%}
    {%- set rest = "(" ~ between ~ "[A-Z0-9]{4}){0,5}(" ~ between ~ "[A-Z0-9]{1,3})?" -%}
    {%- set iban = "(^|[^A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(" ~ after_bank ~ "|" ~ digits ~ ")" ~ rest -%}
    {{ replace_pattern(text, "'" ~ iban ~ "'", "'" ~ first_group() ~ "[number]'") }}
{%- endmacro %}


{# What stands between the digits of one number: blanks, line ends, dashes, dots, brackets, what is not seen. #}
{% macro digit_separator() -%}
    {{ return("[\t-\r ()./_~#*\\\\\\x27\u0080-\u00a9\u00ab-\u00b1\u00b4-\u00b8\u00bb\u00bf\u2000-\u206f\u20e3\u2212\u2e3a\u2e3b\u3000-\u301f\u30fb\u30fc\ufe00-\ufe0f\ufe58\ufe63\ufeff\uff00-\uff0f\uff65-]") }}
{%- endmacro %}

{# A run of digits with what stands between them. Commas, colons and the like do only directly between two digits. #}
{% macro digit_run(further_digits="*") -%}
    {%- set further = "((" ~ digit_separator() ~ "{0,4}|[,;:|+=&])[0-9])" ~ further_digits -%}
    {{ return("[(+\uff08\uff0b]{0,3}[0-9]" ~ further ~ "[\ufe0f\u20e3]*") }}
{%- endmacro %}

{# Six digits at most; a price; years; dates and times. #}
{% macro harmless_number() -%}
    {%- set to, sign_of_thousand = " ?[-/\u2013\u2014] ?", "\\x27\u2019 \u00a0\u202f" -%}
    {%- set millions = "[1-9][0-9]?(,[0-9]{3}){2,3}" -%}
    {%- set point = "((0|[1-9][0-9]{0,5})|[1-9][0-9]{0,2}([," ~ sign_of_thousand ~ "][0-9]{3}){1,3})[.][0-9]{2}0*" -%}
    {%- set comma = "((0|[1-9][0-9]{0,5})|[1-9][0-9]{0,2}([." ~ sign_of_thousand ~ "][0-9]{3}){1,3}),[0-9]{2}" -%}
    {%- set price = "(" ~ point ~ "|" ~ comma ~ ")" -%}
    {%- set year, month, day = "(19[0-9]{2}|20[0-9]{2}|0001|9999)", "(0?[1-9]|1[0-2])", "(0?[1-9]|[12][0-9]|3[01])" -%}
    {%- set year_first = year ~ "[-/.]" ~ month ~ "[-/.]" ~ day -%}
    {%- set year_last = "(" ~ day ~ "[-/.])?" ~ day ~ "[-/.]" ~ year -%}
    {%- set clock = "([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?" -%}
    {%- set offset = "( ?[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?" -%}
    {%- set moment = "(" ~ year_first ~ "|" ~ year_last ~ "|" ~ clock ~ offset ~ ")" -%}
    {{ return([
        digit_run("{0,5}"),
        millions,
        price ~ "(" ~ to ~ price ~ ")?",
        year ~ "(" ~ to ~ year ~ ")+",
        moment ~ "([ ,;/\u2013\u2014-]{1,3}" ~ moment ~ ")*",
    ] | join("|")) }}
{%- endmacro %}
