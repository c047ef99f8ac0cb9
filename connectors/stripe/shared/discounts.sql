-- What is taken off a subscription, and from when to when. What is taken off one invoice only does not recur, so it is
-- no part of recurring revenue.
with known as (
    select subscription_id, coupon_id, as_time(starts) as starts_at, as_time(ends) as ends_at
    from used.subscription_discounts
    union all by name
    select
        id as subscription_id,
        coupon_id,
        as_time(discount_start) as starts_at,
        as_time(discount_end) as ends_at,
        coupon_percent,
        coupon_amount,
        coupon_currency,
        coupon_duration
    from used.subscriptions
    where coupon_id is not null
)

select
    known.subscription_id,
    -- a discount that came with the subscription counts from its start, whatever second it was written in
    case
        when known.starts_at is null or known.starts_at <= as_time(subscriptions.created) + interval 1 day
            then timestamp '1970-01-01'
        else known.starts_at
    end as starts_at,
    known.ends_at,
    try_cast(coalesce(known.coupon_percent, coupons.percent_off) as decimal(9, 4)) as percent_off,
    try_cast(coalesce(known.coupon_amount, coupons.amount_off) as decimal(30, 6)) as amount_off,
    upper(coalesce(known.coupon_currency, coupons.currency)) as currency
from known
inner join first_versions as subscriptions on known.subscription_id = subscriptions.id
left join used.coupons as coupons on known.coupon_id = coupons.id
where lower(coalesce(known.coupon_duration, coupons.duration, 'forever')) <> 'once'
