-- What was bought (or tried) at once: from when until when, at which amount, and whether another follows. Of terms of a
-- subscription that overlap the one that began last counts.
with times as (
    select
        transactions.*,
        coalesce(original_store_transaction_id, concat_ws('/', rc_original_app_user_id, product_identifier)) as subscription,
        as_yes(is_trial_period) is true as is_trial,
        as_time(start_time) as begins,
        as_time(coalesce(end_time, effective_end_time)) as would_end,
        least(greatest(as_time(effective_end_time), as_time(grace_period_end_time)), as_time(refunded_at)) as ends,
        -- who unsubscribed before is not charged again: then no charge fails
        case when as_time(unsubscribe_detected_at) < as_time(billing_issues_detected_at) is not true
            then as_time(billing_issues_detected_at) end as failed,
        case when failed is null then as_time(unsubscribe_detected_at) end as unsubscribed,
        -- after a refund only the price of the purchase says what it was
        coalesce(
            as_number(purchase_price), case when refunded_at is null or as_number(price) > 0 then as_number(price) end
        ) as paid,
        cast(paid * (1 - coalesce(as_number(tax_percentage), 0)) as decimal(18, 6)) as amount,
        -- the price of an introductory offer is for the term, any other for what the product lasts
        regexp_extract(
            case when as_yes(is_in_intro_offer_period) is not true then upper(product_duration) end,
            '^P([0-9]+)([DWMY])$', ['times', 'unit']
        ) as said,
        cast(would_end as date) - cast(begins as date) as days,
        case when days between 28 and 31 then 1 else whole_months(cast(begins as date), cast(would_end as date)) end as months,
        greatest(
            begins, as_time(synced_at), as_time(refunded_at), as_time(billing_issues_detected_at), as_time(unsubscribe_detected_at)
        ) as known
    from used.transactions as transactions
)

select
    times.*,
    last(rc_original_app_user_id) over (in_time rows between unbounded preceding and unbounded following) as customer_id,
    coalesce(durations.billing_interval, case when months > 0 then 'month' else 'day' end) as billing_interval,
    coalesce(try_cast(said.times as integer), nullif(months, 0), greatest(days, 1)) as billing_interval_count,
    to_hours(thresholds.value) as gap,
    lead(begins) over in_time as next_begins,
    least(ends, next_begins) as until,
    greatest(until, as_time(auto_resume_time)) as held_until,  -- paused from the one to the other
    max(case when known <= now() then known end) over () as last_load,
    coalesce(next_begins <= held_until + to_hours(thresholds.value), false) as goes_on,
    not goes_on and coalesce(next_begins, last_load) >= held_until + to_hours(thresholds.value) as is_over
from times
inner join thresholds on thresholds.name = 'gap_hours'
left join durations on durations.unit = said.unit
window in_time as (partition by subscription order by begins, store_transaction_id)
