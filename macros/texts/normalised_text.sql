{#
    A text as its words are compared: in small letters, the letters of Arabic and Persian that are written in several ways
    as one, every digit as 0 to 9, without diacritics, the stretching line and apostrophes (don't is dont), half-spaces as
    blanks, one blank between words, and without the Persian endings that stand apart (plural, more, most). What ends a part of a sentence is the word `|`.

    Arguments: text; keep, signs that stay (the * that ends a stem in a seed).
#}
{% macro normalised_text(text, keep="") -%}
    {%- set letters = {
        "\u0623": "\u0627", "\u0625": "\u0627", "\u0622": "\u0627", "\u0671": "\u0627",
        "\u0649": "\u064a", "\u06cc": "\u064a", "\u0626": "\u064a", "\u0624": "\u0648",
        "\u0629": "\u0647", "\u06c0": "\u0647", "\u06c1": "\u0647", "\u06be": "\u0647", "\u06a9": "\u0643",
    } -%}
    {%- set signs = "*\"#$%&+/<=>@[]^_{}~|\u00ab\u00bb\u201c\u201d\u201e\u00a0\u200b\u200c" | reject("in", keep) | join -%}
    {%- set digits = digits_of_scripts()[:2] -%}
    {%- set from = letters | join ~ digits | join ~ signs -%}
    {%- set to = letters.values() | join ~ "0123456789" * digits | length ~ " " * signs | length -%}
    {%- set not_written = "[\\x27\\x60\u02bc\u2018\u2019\u0610-\u061a\u0621\u0640\u064b-\u065f\u0670\u200d-\u200f\u202a-\u202e\u2066-\u2069\ufe0f]" -%}
    {%- set picture = "[\u2600-\u27bf\U0001f300-\U0001faff]" -%}
    {%- set ends_of_parts = "[.!?;:,()\t-\r\u060c\u061b\u061f\u2013\u2014\u2026]+| -+ " -%}
    {%- set plain = replace_pattern("translate(lower(" ~ text ~ "), '" ~ from ~ "', '" ~ to ~ "')", "'" ~ not_written ~ "'", "''") -%}
    {%- set pictures = replace_pattern(plain, "'(" ~ picture ~ ")'", "' " ~ first_group() ~ " '") -%}
    {%- set parted = replace_pattern(pictures, "'(" ~ ends_of_parts ~ ")'", "' | '") -%}
    {%- set one_blank = "trim(" ~ replace_pattern(parted, "'[ -]+'", "' '") ~ ")" -%}
    {%- set endings = " (\u0647\u0627|\u0647\u0627\u064a|\u0647\u0627\u064a\u064a|\u0647\u0627\u0633\u062a|\u062a\u0631|\u062a\u0631\u064a\u0646)( |$)" -%}
    {{ replace_pattern(one_blank, "'" ~ endings ~ "'", "'" ~ second_group() ~ "'") }}
{%- endmacro %}


{#
    An Arabic word without the particles that are written as one with it (and, so, with, as, for, the): of "wa-s-si'r" the
    price. Where fewer than three letters would be left it is a word of its own.
#}
{% macro without_arabic_particles(word) -%}
    {%- set particles = "^[\u0648\u0641]?(\u0628\u0627\u0644|\u0643\u0627\u0644|\u0627\u0644|\u0644\u0644|[\u0628\u0643\u0644])?" -%}
    {%- set bare = replace_pattern(word, "'" ~ particles ~ "'", "''") -%}
    case when length({{ bare }}) >= 3 then {{ bare }} else {{ word }} end
{%- endmacro %}
