{# Promoter 9-10, passive 7-8, detractor 0-6; null without a score. #}
{% macro survey_band(score) -%}
    case when {{ score }} >= 9 then 'promoter' when {{ score }} >= 7 then 'passive' when {{ score }} >= 0 then 'detractor' end
{%- endmacro %}
