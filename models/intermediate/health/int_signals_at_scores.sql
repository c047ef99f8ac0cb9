{#- Which signals of a customer held at the end of each day of scoring. -#}
{%- set signals = ["stopped_answering", "stopped_opening", "stopped_asking", "negative_feedback"] -%}
with signals as (
    select
        customer_id,
        signal,
        {{ reporting_date("signalled_at") }} as signalled_on,
        {{ reporting_date("ended_at") }} as ended_on
    from {{ ref("int_customer_signals") }}
)

select
    {%- for signal in signals %}
    max(case when signals.signal = '{{ signal }}' then 1 else 0 end) = 1 as has_{{ signal }},
    {%- endfor %}
    signals.customer_id,
    dates.scored_on
from signals
inner join {{ ref("int_score_dates") }} as dates
    on
        signals.signalled_on <= dates.scored_on
        and coalesce(signals.ended_on > dates.scored_on, true)
group by signals.customer_id, dates.scored_on
