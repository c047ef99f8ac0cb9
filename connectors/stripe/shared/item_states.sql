-- Each item at every moment at which something about it or its subscription changed: its state, and what it costs after
-- discounts. An amount off a subscription is shared by its items as their prices are.
with moments as (
    select subscription_id, moment from states
    union
    select items.subscription_id, item_prices.moment
    from item_prices
    inner join items on item_prices.item_id = items.item_id
    union
    select subscription_id, starts_at from discounts
    union
    select subscription_id, ends_at from discounts where ends_at is not null
    union
    select subscription_id, added_at from items where added_at is not null
    union
    select subscription_id, removed_at from items where removed_at is not null
),

-- an item that was written within a day of its subscription was there from its start
added as (
    select
        items.item_id,
        items.subscription_id,
        items.removed_at,
        case when items.added_at > as_time(subscriptions.created) + interval 1 day then items.added_at end as added_at
    from items
    inner join first_versions as subscriptions on items.subscription_id = subscriptions.id
),

at_moments as (
    select added.item_id, added.subscription_id, added.removed_at, moments.moment
    from added
    inner join moments on added.subscription_id = moments.subscription_id
    where added.added_at is null or moments.moment >= added.added_at
),

priced as (
    select
        at_moments.item_id,
        at_moments.subscription_id,
        at_moments.moment,
        states.customer_id,
        case
            when at_moments.removed_at <= at_moments.moment then 'ended'
            when states.status in ('canceled', 'unpaid', 'paused') then 'ended'
            when states.status = 'trialing' then 'trial'
            else 'live'
        end as phase,
        states.is_paused,
        states.status = 'past_due' as is_past_due,
        states.status = 'unpaid' as is_unpaid,
        coalesce(at_moments.removed_at <= at_moments.moment, false) as is_removed,
        states.reason,
        states.feedback,
        states.comment,
        prices.* exclude (item_id, moment)
    from at_moments
    asof inner join states
        on at_moments.subscription_id = states.subscription_id and at_moments.moment >= states.moment
    asof left join item_prices as prices
        on at_moments.item_id = prices.item_id and at_moments.moment >= prices.moment
),

taken_off as (
    select
        moments.subscription_id,
        moments.moment,
        product(1 - coalesce(discounts.percent_off, 0) / 100) as share_left,
        sum(discounts.amount_off) as amount_off,
        max(discounts.currency) as currency
    from moments
    inner join discounts
        on
            moments.subscription_id = discounts.subscription_id
            and moments.moment >= discounts.starts_at
            and (discounts.ends_at is null or moments.moment < discounts.ends_at)
    group by moments.subscription_id, moments.moment
),

shares as (
    select
        priced.*,
        coalesce(taken_off.share_left, 1) as share_left,
        case when coalesce(taken_off.currency, priced.currency) = priced.currency then taken_off.amount_off end
            as amount_off,
        priced.amount / nullif(sum(if(priced.phase <> 'ended', priced.amount, 0)) over of_subscription, 0) as share
    from priced
    left join taken_off on priced.subscription_id = taken_off.subscription_id and priced.moment = taken_off.moment
    window of_subscription as (partition by priced.subscription_id, priced.moment)
)

select
    * exclude (amount, share_left, amount_off, share),
    cast(
        case
            when amount is not null
                then greatest(round(amount * share_left - coalesce(amount_off * share, 0), 2), 0)
        end as decimal(30, 2)
    ) as amount
from shares
