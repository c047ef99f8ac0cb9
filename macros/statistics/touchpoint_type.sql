{# Asked about the whole relation, or about one event: some tools write the word where the contract leaves the field empty. #}
{% macro touchpoint_type(touchpoint) -%}
    case when coalesce(nullif(lower(trim({{ touchpoint }})), ''), 'relational') = 'relational' then 'relational' else 'transactional' end
{%- endmacro %}
