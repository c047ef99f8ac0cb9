{#-
    Times in which a customer who had reacted before did not: of surveys and of campaign messages it let so many in a row
    pass, each for so many days. Only what was sent after its last reaction counts, and a state follows from what happened
    until then: what comes later may end a silence, but neither begins nor removes one.
-#}
{%- set reactions = ["opened_at", "clicked_at", "replied_at"] -%}
{%- set signals = {
    "stopped_answering": {"waits": "survey_answer_days", "let_pass": "surveys_let_pass"},
    "stopped_opening": {"waits": "campaign_open_days", "let_pass": "messages_let_pass"},
} -%}

with surveys as (
    select *
    from {{ ref("stg_surveys__survey_responses") }}
    where subject is null and customer_id is not null
),

messages as (
    select *
    from {{ ref("stg_marketing__campaign_contacts") }}
    where not coalesce(is_control, false)
),

sent as (
    select
        'stopped_answering' as signal,
        customer_id,
        sent_at as happened_at
    from surveys
    -- the clocks of two systems may differ: what was answered before it was sent was answered
    where sent_at is not null and coalesce(responded_at >= sent_at, true)
    union all
    select
        'stopped_opening' as signal,
        customer_id,
        contacted_at as happened_at
    from messages
    where
        -- nobody measures who opens a text message, and a call is none
        coalesce(channel, 'mail') in ('mail', 'push')
        {%- for reaction in reactions %}
        and coalesce({{ reaction }} >= contacted_at, true)
        {%- endfor %}
),

reacted as (
    select
        'stopped_answering' as signal,
        customer_id,
        responded_at as happened_at
    from surveys
    where responded_at is not null
    {%- for reaction in reactions %}
    union
    select
        'stopped_opening' as signal,
        customer_id,
        {{ reaction }} as happened_at
    from messages
    where {{ reaction }} is not null
    {%- endfor %}
),

steps as (
    select
        steps.*,
        case when steps.is_reaction = 1 then steps.happened_at end as reacted_at
    from (
        select
            sent.*,
            0 as is_reaction
        from sent
        union all
        select
            reacted.*,
            1 as is_reaction
        from reacted
    ) as steps
    inner join {{ ref("int_report_moment") }} as moment
        on steps.happened_at <= moment.as_of
),

placed as (
    -- what is sent at the instant of a reaction comes before it
    select
        signal,
        customer_id,
        happened_at,
        is_reaction,
        max(reacted_at) over until_here as last_reacted_at,
        sum(is_reaction) over until_here as times_before,
        min(reacted_at) over (
            partition by signal, customer_id
            order by happened_at desc, is_reaction desc
            rows unbounded preceding
        ) as next_reacted_at
    from steps
    window until_here as (partition by signal, customer_id order by happened_at, is_reaction rows unbounded preceding)
),

rules as (
    {%- for signal, rule in signals.items() %}
    select
        '{{ signal }}' as signal,
        waits.value as days,
        let_pass.value as times_missed
    from {{ ref("thresholds") }} as waits
    inner join {{ ref("thresholds") }} as let_pass
        on waits.threshold = '{{ rule.waits }}' and let_pass.threshold = '{{ rule.let_pass }}'
    {{- " union all" if not loop.last }}
    {%- endfor %}
),

missed as (
    select
        placed.*,
        rules.times_missed,
        {{ days_later("placed.happened_at", "rules.days") }} as missed_at,
        row_number() over (
            partition by placed.signal, placed.customer_id, placed.last_reacted_at
            order by placed.happened_at
        ) as place
    from placed
    inner join rules
        on placed.signal = rules.signal
    where placed.is_reaction = 0 and placed.last_reacted_at is not null
)

select
    signal,
    customer_id,
    missed_at as signalled_at,
    next_reacted_at as ended_at,
    last_reacted_at as since_at,
    cast(times_before as bigint) as times_before,
    cast(times_missed as bigint) as times_missed
from missed
where place = times_missed and coalesce(missed_at < next_reacted_at, true)
