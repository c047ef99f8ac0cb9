{# Whether an event gives a plan and an amount: what stands there on another event says nothing about the subscription. #}
{% macro gives_terms(event_type) -%}
    {{ event_type }} in ('trial_started', 'started', 'reactivated', 'renewed', 'changed')
{%- endmacro %}
