with received as (
    select
        customer_id,
        sum(received) as received
    from {{ ref("int_money_received") }}
    group by customer_id
),

-- a business that lands neither invoices nor orders is valued by its MRR over time
business as (
    select count(*) > 0 as has_receipts from {{ ref("int_money_received") }}
),

revenues as (
    select
        customers.customer_id,
        cast(
            case when business.has_receipts then coalesce(received.received, 0) else coalesce(mrr.mrr_over_time, 0) end
            as decimal(38, 6)
        ) as historic_revenue
    from {{ ref("dim_customers") }} as customers
    cross join business
    left join received on customers.customer_id = received.customer_id
    left join {{ ref("int_mrr_over_time") }} as mrr on customers.customer_id = mrr.customer_id
),

final as (
    select
        revenues.customer_id,
        revenues.historic_revenue,
        cast(revenues.historic_revenue * {{ var("gross_margin") }} as decimal(38, 6)) as historic_margin,
        cast(null as decimal(38, 6)) as residual_value,
        cast(null as decimal(38, 6)) as clv,
        cast(costs.acquisition_cost as decimal(38, 6)) as acquisition_cost,
        {{ as_double("null") }} as clv_to_cac
    from revenues
    left join {{ ref("int_acquisition_costs") }} as costs on revenues.customer_id = costs.customer_id
)

select * from final
