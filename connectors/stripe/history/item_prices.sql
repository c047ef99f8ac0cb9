-- What an item costs, from when on: as its invoices say, and today as it stands. The first price counts from the start.
with invoiced as (
    select
        item_id,
        as_time(period_start) as moment,
        price_id,
        coalesce(try_cast(quantity as decimal(18, 4)), 1) as quantity,
        case when not as_yes(proration) then try_cast(unit_amount as decimal(30, 6)) end as unit_amount,
        case when not as_yes(proration) then try_cast(amount as decimal(30, 6)) end as line_amount,
        upper(currency) as currency
    from used.invoice_line_items
    -- what is given back is no price
    where not (as_yes(proration) and try_cast(amount as double) < 0)
    qualify row_number() over (partition by item_id, as_time(period_start) order by as_yes(proration), id desc) = 1
),

last_invoiced as (
    select
        item_id,
        max(moment) as moment,
        max_by(price_id, moment) as price_id,
        max_by(quantity, moment) as quantity
    from invoiced
    group by item_id
),

last_loaded as (
    select id as subscription_id, max(as_time(coalesce(version_at, synced_at, created))) as moment
    from used.subscription_history
    group by id
),

-- an item that changed since its last invoice did so, as far as anybody knows, when its subscription was loaded last
standing as (
    select
        items.item_id,
        greatest(last_loaded.moment, last_invoiced.moment) as moment,
        items.price_id,
        items.quantity
    from items
    left join last_loaded on items.subscription_id = last_loaded.subscription_id
    left join last_invoiced on items.item_id = last_invoiced.item_id
    where
        last_invoiced.item_id is null
        or (
            items.price_id is not null
            and (items.price_id <> last_invoiced.price_id or items.quantity <> last_invoiced.quantity)
        )
),

every as (
    select * from (from invoiced union all by name from standing)
)

select
    every.item_id,
    case
        when row_number() over (partition by every.item_id order by every.moment) = 1 then timestamp '1970-01-01'
        else every.moment
    end as moment,
    coalesce(price_list.product_id, every.price_id) as plan_id,
    every.quantity,
    case
        when not price_list.is_metered or price_list.is_metered is null
            then coalesce(
                case when not coalesce(price_list.is_with_tax, false) then price_list.unit_amount end * every.quantity,
                every.unit_amount * every.quantity,
                price_list.unit_amount * every.quantity,
                every.line_amount
            )
    end as amount,
    coalesce(price_list.currency, every.currency) as currency,
    price_list.billing_interval,
    coalesce(price_list.billing_interval_count, 1) as billing_interval_count,
    coalesce(price_list.is_metered, false) as is_metered,
    coalesce(price_list.is_with_tax and every.unit_amount is null, false) as is_with_tax
from every
left join price_list on every.price_id = price_list.price_id
