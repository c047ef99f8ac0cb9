-- The items of each subscription: rows of their own, a list inside it, or, where there is neither, the one that its own
-- columns tell of.
with inside as (
    select id as subscription_id, unnest(cast(items as json[])) as item
    from used.subscriptions
    where json_valid(items)
),

listed as (
    select
        id as item_id,
        subscription_id,
        price_id,
        quantity,
        created,
        try_cast(unit_amount as decimal(30, 6)) as unit_amount,
        currency,
        recurring_interval,
        recurring_count,
        usage_type,
        tax_behavior,
        product_id
    from used.subscription_items
    union all by name
    select
        item ->> 'id' as item_id,
        subscription_id,
        coalesce(item ->> '$.price.id', item ->> '$.plan.id') as price_id,
        item ->> 'quantity' as quantity,
        item ->> 'created' as created,
        try_cast(
            coalesce(item ->> '$.price.unit_amount_decimal', item ->> '$.price.unit_amount', item ->> '$.plan.amount')
            as decimal(30, 6)
        ) as unit_amount,
        coalesce(item ->> '$.price.currency', item ->> '$.plan.currency') as currency,
        coalesce(item ->> '$.price.recurring.interval', item ->> '$.plan.interval') as recurring_interval,
        coalesce(item ->> '$.price.recurring.interval_count', item ->> '$.plan.interval_count') as recurring_count,
        coalesce(item ->> '$.price.recurring.usage_type', item ->> '$.plan.usage_type') as usage_type,
        item ->> '$.price.tax_behavior' as tax_behavior,
        coalesce(item ->> '$.price.product', item ->> '$.plan.product') as product_id
    from inside
),

whole as (
    select
        id as item_id,
        id as subscription_id,
        price_id,
        quantity,
        created,
        -- the dashboard writes whole units where the API counts minor ones
        try_cast(amount_in_units as decimal(30, 6)) * power(10, decimals_of(currency)) as unit_amount,
        currency,
        recurring_interval,
        product_id
    from used.subscriptions
    where id not in (select subscription_id from listed)
),

every as (
    select * from (from listed union all by name from whole)
    qualify row_number() over (partition by item_id order by price_id nulls last) = 1
)

select
    every.item_id,
    every.subscription_id,
    every.price_id,
    coalesce(try_cast(every.quantity as decimal(18, 4)), 1) as quantity,
    as_time(every.created) as added_at,
    cast(null as timestamp) as removed_at,
    coalesce(every.unit_amount, price_list.unit_amount) as unit_amount,
    upper(coalesce(every.currency, price_list.currency)) as currency,
    lower(coalesce(every.recurring_interval, price_list.billing_interval)) as billing_interval,
    coalesce(try_cast(every.recurring_count as integer), price_list.billing_interval_count, 1) as billing_interval_count,
    coalesce(lower(every.usage_type) = 'metered', price_list.is_metered, false) as is_metered,
    coalesce(lower(every.tax_behavior) = 'inclusive', price_list.is_with_tax, false) as is_with_tax,
    coalesce(every.product_id, price_list.product_id, every.price_id) as plan_id
from every
left join price_list on every.price_id = price_list.price_id
