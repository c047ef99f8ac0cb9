{{ config(materialized="view") }}

{#-
    How much of a product is ordered in a calendar month against its mean month, over the latest whole years that end with
    the last complete month. The month of its first order is left out: it is a part of one. A month without orders is one of the months.
-#}
with months as (
    select
        product,
        cast(extract(year from period_start) * 12 + extract(month from period_start) as integer) as month_number,
        cast(extract(month from period_start) as integer) as calendar_month,
        orders
    from {{ ref("int_product_order_sums") }}
    where period_grain = 'month'
),

last_month as (
    select cast(max(extract(year from period_start) * 12 + extract(month from period_start)) as integer) as month_number
    from {{ ref("int_periods") }}
    where period_grain = 'month' and is_complete_period
),

products as (
    select
        months.product,
        last_month.month_number as last_number,
        cast(floor((last_month.month_number - min(months.month_number)) / 12.0) as integer) as whole_years
    from months
    cross join last_month
    group by months.product, last_month.month_number
),

calendar_months as (
    select cast(generated_number as integer) as calendar_month
    from ({{ dbt.generate_series(12) }}) as numbers
),

counted as (
    select
        products.product,
        products.whole_years,
        calendar_months.calendar_month,
        coalesce(sum(months.orders), 0) as orders
    from products
    cross join calendar_months
    left join months
        on
            products.product = months.product
            and calendar_months.calendar_month = months.calendar_month
            and products.last_number >= months.month_number
            and products.last_number - 12 * products.whole_years < months.month_number
    group by products.product, products.whole_years, calendar_months.calendar_month
),

compared as (
    select
        *,
        sum(orders) over (partition by product) as orders_of_product
    from counted
)

select
    compared.product,
    compared.calendar_month,
    case
        when compared.whole_years >= enough.value
            then {{ ratio("12 * compared.orders", "compared.orders_of_product") }}
    end as seasonal_index,
    case
        when coalesce(compared.whole_years < enough.value, true) then 'too_few_years'
        when compared.orders_of_product = 0 then 'no_orders'
    end as seasonal_index_note
from compared
inner join {{ ref("thresholds") }} as enough
    on enough.threshold = 'product_season_years'
