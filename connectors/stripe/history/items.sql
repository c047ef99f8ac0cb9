-- Items as they are, and those that invoices name and that are gone. A subscription without either has one, of its own.
with listed as (
    select
        id as item_id,
        subscription_id,
        price_id,
        coalesce(try_cast(quantity as decimal(18, 4)), 1) as quantity,
        as_time(created) as added_at,
        cast(null as timestamp) as removed_at
    from used.subscription_items
),

-- what is given back for a time that was not used began when the item went
gone as (
    select
        lines.item_id,
        max(lines.subscription_id) as subscription_id,
        min(as_time(lines.period_start)) as added_at,
        coalesce(
            max(as_time(lines.period_start)) filter (as_yes(lines.proration) and try_cast(lines.amount as double) < 0),
            max(as_time(lines.period_end))
        ) as removed_at
    from used.invoice_line_items as lines
    where lines.item_id not in (select item_id from listed) and lines.subscription_id is not null
    group by lines.item_id
),

named as (
    select * from (from listed union all by name from gone)
)

select * from named
union all by name
select
    id as item_id,
    id as subscription_id,
    max_by(price_id, as_time(coalesce(version_at, synced_at))) as price_id,
    coalesce(max_by(try_cast(quantity as decimal(18, 4)), as_time(coalesce(version_at, synced_at))), 1) as quantity
from used.subscription_history
where id not in (select subscription_id from named)
group by id
