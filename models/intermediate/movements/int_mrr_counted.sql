{#-
    What each definition of MRR (seed mrr_definitions) counts of each stretch of a subscription, and why that is not what
    other reports count. A stretch in which a subscription has been past due for too long from some moment on is two.
-#}
with stretches as (
    select
        stretches.*,
        definitions.definition,
        definitions.free_customers,
        stretches.is_cancel_pending and definitions.cancels_at = 'request' as is_given_up,
        case stretches.state
            when 'trialing' then definitions.trials
            when 'paused' then definitions.paused
            else 'paid'
        end as counts_as,
        definitions.rates = 'period_end' and stretches.currency is not null as has_floating_rate,
        case
            when {{ days_later("stretches.failed_at", "definitions.past_due_days") }} <= moment.as_of
                then {{ days_later("stretches.failed_at", "definitions.past_due_days") }}
        end as written_off_at
    from {{ ref("int_mrr_stretches") }} as stretches
    cross join {{ ref("mrr_definitions") }} as definitions
    cross join {{ ref("int_report_moment") }} as moment
),

sides as (
    select false as is_written_off
    union all
    select true as is_written_off
),

parts as (
    select
        stretches.*,
        sides.is_written_off,
        case
            when sides.is_written_off then greatest(stretches.valid_from, stretches.written_off_at) else stretches.valid_from
        end as part_from,
        case
            when sides.is_written_off then stretches.valid_to else least(stretches.valid_to, stretches.written_off_at)
        end as part_to
    from stretches
    cross join sides
    where
        (not sides.is_written_off and coalesce(stretches.written_off_at > stretches.valid_from, true))
        or (
            sides.is_written_off
            and stretches.written_off_at is not null
            and coalesce(stretches.written_off_at < stretches.valid_to, true)
        )
),

counted as (
    select
        *,
        counts_as <> 'out' and not is_given_up and not is_written_off as is_counted,
        counts_as = 'paid' and not is_given_up and not is_written_off as is_paid
    from parts
)

select
    definition,
    subscription_id,
    part_from as valid_from,
    part_to as valid_to,
    customer_id,
    is_counted,
    -- who pays nothing is judged with all subscriptions of the customer, but for those who count as in other reports
    is_counted and (free_customers <> 'counted' or is_paid_or_free_counts) as makes_customer,
    cast(case when is_paid then mrr else 0 end as decimal(38, 6)) as mrr,
    cast(case when state = 'live' then mrr else 0 end as decimal(38, 6)) as our_mrr,
    case
        when is_paid and state = 'trialing' then 'trial'
        when is_paid and state = 'paused' then 'paused'
        when is_paid or state <> 'live' then null
        when is_given_up then 'pending_cancel'
        else 'past_due'
    end as difference,
    is_paid and has_floating_rate as has_floating_rate,
    currency,
    amount,
    billing_interval,
    billing_interval_count
from counted
