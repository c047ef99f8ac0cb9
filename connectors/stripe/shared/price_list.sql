-- Every price that is known, once: plans are prices of before, under the ids that items still name.
select * exclude (nth)
from (
    select
        listed.id as price_id,
        try_cast(listed.unit_amount as decimal(30, 6)) as unit_amount,
        upper(listed.currency) as currency,
        lower(listed.recurring_interval) as billing_interval,
        coalesce(try_cast(listed.recurring_count as integer), 1) as billing_interval_count,
        lower(listed.usage_type) = 'metered' as is_metered,
        lower(listed.tax_behavior) = 'inclusive' as is_with_tax,
        listed.product_id,
        row_number() over (partition by listed.id order by listed.place) as nth
    from (
        select *, 1 as place from used.prices
        union all by name
        select *, 2 as place from used.plans
    ) as listed
)
where nth = 1
