{#-
    One row per customer, signal and time in which it holds: from signalled_at until before ended_at. So the state at any
    moment is known, and what comes after a moment does not change it. A loss ends every signal, and of a lost customer none
    begins.
-#}
with signals as (
    select
        signal,
        customer_id,
        signalled_at,
        ended_at,
        'reaction' as ended_by,
        since_at,
        times_before,
        times_missed,
        {{ as_double("null") }} as usual_gap_days,
        cast(null as {{ dbt.type_string() }}) as feedback_kind
    from {{ ref("int_silences") }}
    union all
    select
        'stopped_asking' as signal,
        customer_id,
        signalled_at,
        ended_at,
        'reaction' as ended_by,
        since_at,
        times_before,
        cast(null as bigint) as times_missed,
        usual_gap_days,
        cast(null as {{ dbt.type_string() }}) as feedback_kind
    from {{ ref("int_support_silences") }}
    union all
    select
        'negative_feedback' as signal,
        customer_id,
        signalled_at,
        ended_at,
        'lapse' as ended_by,
        since_at,
        cast(null as bigint) as times_before,
        cast(null as bigint) as times_missed,
        {{ as_double("null") }} as usual_gap_days,
        case
            when are_low_scores and are_negative_comments then 'both'
            when are_low_scores then 'low_scores'
            else 'negative_comments'
        end as feedback_kind
    from {{ ref("int_negative_feedback") }}
),

next_losses as (
    -- the loss that a signal begins in, or the first one after
    select
        signals.customer_id,
        signals.signal,
        signals.signalled_at,
        min(losses.changed_at) as lost_at
    from signals
    inner join {{ ref("int_customer_changes") }} as losses
        on
            signals.customer_id = losses.customer_id
            and signals.signalled_at < coalesce(losses.next_changed_at, timestamp '9999-12-31')
            and not losses.is_active
    group by signals.customer_id, signals.signal, signals.signalled_at
),

lasting as (
    select
        signals.*,
        coalesce(next_losses.lost_at <= signals.ended_at, next_losses.lost_at is not null) as is_lost_first,
        next_losses.lost_at
    from signals
    left join next_losses
        on
            signals.customer_id = next_losses.customer_id
            and signals.signal = next_losses.signal
            and signals.signalled_at = next_losses.signalled_at
    where coalesce(signals.signalled_at < next_losses.lost_at, true)
),

ended as (
    select
        lasting.*,
        case when lasting.is_lost_first then lasting.lost_at else lasting.ended_at end as over_at,
        moment.as_of
    from lasting
    inner join {{ ref("int_report_moment") }} as moment
        on lasting.signalled_at <= moment.as_of
)

select
    customer_id,
    signal,
    signalled_at,
    -- when it will lapse is not yet so
    case when over_at <= as_of then over_at end as ended_at,
    case
        when over_at <= as_of and is_lost_first then 'loss'
        when over_at <= as_of then ended_by
    end as ended_by,
    since_at,
    times_before,
    times_missed,
    usual_gap_days,
    feedback_kind
from ended
