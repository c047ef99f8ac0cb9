{#- The signals of feedback and silence that the playbook acts on. -#}
{%- set signals = {
    "negative_feedback": "negative_feedback",
    "survey_silence": "stopped_answering",
    "campaign_silence": "stopped_opening",
} -%}
with triggers as (
    {%- for trigger_code, signal in signals.items() %}
    select
        '{{ trigger_code }}' as trigger_code,
        '{{ signal }}' as signal
    {{- " union all" if not loop.last }}
    {%- endfor %}
)

select
    triggers.trigger_code,
    signals.customer_id,
    signals.signalled_at as began_at,
    signals.ended_at,
    {{ as_double("coalesce(signals.times_missed, 1)") }} as value
from {{ ref("int_customer_signals") }} as signals
inner join triggers
    on signals.signal = triggers.signal
