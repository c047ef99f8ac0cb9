with signals as (
    select * from {{ ref("int_customer_signals") }}
),

final as (
    select
        signals.customer_id,
        signals.signal,
        signals.signalled_at,
        signals.ended_at,
        signals.ended_by,
        signals.ended_at is null as is_open,
        {{ whole_days("signals.signalled_at", "coalesce(signals.ended_at, moment.as_of)") }} as days_open,
        signals.since_at,
        signals.times_before,
        signals.times_missed,
        signals.usual_gap_days,
        signals.feedback_kind,
        customers.owner
    from signals
    cross join {{ ref("int_report_moment") }} as moment
    inner join {{ ref("int_customers") }} as customers
        on signals.customer_id = customers.customer_id
)

select * from final
