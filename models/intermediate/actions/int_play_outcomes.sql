{#- What came of each moment of a play: the value of its metric, where there is something to judge. -#}
{%- set measures = [
    "of_state",
    "clicked",
    "activated",
    "nps_change",
    "no_ticket",
    "resolved",
    "recovered",
    "ordered",
    "answered",
    "used",
    "health_change",
] -%}
{%- for measure in measures %}
select
    customer_id,
    metric,
    moment_at,
    {{ as_double("value") }} as value
from {{ ref("int_outcome_" ~ measure) }}
{{- " union all" if not loop.last }}
{%- endfor %}
