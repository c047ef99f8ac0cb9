{#-
    Times in which a customer's negative feedback was repeated: two low scores, or two negative comments, within so many
    days. It lasts until the first of two is so long ago, and on from there where further ones come before.
-#}
with negative as (
    {%- for kind in ["low_score", "negative_comment"] %}
    select
        '{{ kind }}' as kind,
        customer_id,
        responded_at,
        lag(responded_at) over (partition by customer_id order by responded_at, response_id) as previous_at
    from {{ ref("int_survey_answers") }}
    where customer_id is not null and is_{{ kind }}
    {{- " union all" if not loop.last }}
    {%- endfor %}
),

lasting as (
    select
        negative.*,
        {{ days_later("negative.previous_at", "window_days.value") }} as lapses_at
    from negative
    inner join {{ ref("thresholds") }} as window_days
        on window_days.threshold = 'negative_feedback_days'
),

repeated as (
    select
        *,
        -- nothing lapses before the first
        max(lapses_at) over (
            partition by customer_id
            order by responded_at, lapses_at, kind
            rows between unbounded preceding and 1 preceding
        ) as lapsed_at
    from lasting
    where responded_at < lapses_at
),

numbered as (
    select
        *,
        sum(case when responded_at <= lapsed_at then 0 else 1 end) over (
            partition by customer_id
            order by responded_at, lapses_at, kind
            rows unbounded preceding
        ) as spell
    from repeated
),

begun as (
    select
        *,
        min(responded_at) over (partition by customer_id, spell) as signalled_at
    from numbered
)

select
    customer_id,
    signalled_at,
    max(lapses_at) as ended_at,
    -- what is known of it when it is signalled, whatever comes later
    min(case when responded_at = signalled_at then previous_at end) as since_at,
    max(case when responded_at = signalled_at and kind = 'low_score' then 1 else 0 end) = 1 as are_low_scores,
    max(case when responded_at = signalled_at and kind = 'negative_comment' then 1 else 0 end) = 1 as are_negative_comments
from begun
group by customer_id, spell, signalled_at
