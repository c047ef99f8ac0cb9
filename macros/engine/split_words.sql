{#
    A row per word of a text whose words have one blank between them, with its position from 1.

    Arguments: relation with the columns; key, columns to keep beside; text, the column.
#}
{% macro split_words(relation, key, text) -%}
    {{ adapter.dispatch("split_words")(relation, key, text) }}
{%- endmacro %}

{% macro default__split_words(relation, key, text) -%}
    select
        {{ key }},
        unnest(string_split({{ text }}, ' ')) as word,
        generate_subscripts(string_split({{ text }}, ' '), 1) as position
    from {{ relation }}
{%- endmacro %}

{% macro postgres__split_words(relation, key, text) -%}
    select
        {{ key }},
        parts.word,
        cast(parts.position as integer) as position
    from {{ relation }}
    cross join lateral string_to_table({{ text }}, ' ') with ordinality as parts (word, position)
{%- endmacro %}

{% macro spark__split_words(relation, key, text) -%}
    select
        {{ key }},
        parts.word,
        parts.position + 1 as position
    from {{ relation }}
    lateral view posexplode(split({{ text }}, ' ')) parts as position, word
{%- endmacro %}
