{#- the customer's lifetime model is that of its customer segment: what separates how long customers stay -#}
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

subscriptions as (
    -- age: renewals passed since it last became a customer
    select
        changes.customer_id,
        changes.is_active,
        changes.mrr,
        {{ whole_months("changes.became_customer_at", "moment.as_of") }} as age_months
    from {{ ref("int_customer_changes") }} as changes
    cross join {{ ref("int_report_moment") }} as moment
    where changes.next_changed_at is null
),

lifetimes as (
    select * from {{ ref("int_lifetimes") }}
    where segment_type = 'customer_segment' and not is_backtest
),

margins as (
    select
        customers.customer_id,
        cast(
            case when business.has_receipts then coalesce(received.received, 0) else coalesce(mrr.mrr_over_time, 0) end
            as decimal(38, 6)
        ) as historic_revenue,
        {%- for bound in ["", "_lower", "_upper"] %}
        case
            -- nothing recurs of a lost or paused customer
            when subscriptions.mrr = 0 or not subscriptions.is_active then 0
            when subscriptions.is_active
                then {{ as_double("subscriptions.mrr") }} * lifetimes.residual_lifetime{{ bound }} * {{ var("gross_margin") }}e0
            else orders.discounted_orders * orders.expected_order_value * {{ var("gross_margin") }}e0
        end as residual_value{{ bound }},
        {%- endfor %}
        costs.acquisition_cost
    from {{ ref("dim_customers") }} as customers
    cross join business
    left join received on customers.customer_id = received.customer_id
    left join {{ ref("int_mrr_over_time") }} as mrr on customers.customer_id = mrr.customer_id
    left join subscriptions on customers.customer_id = subscriptions.customer_id
    left join lifetimes
        on
            {{ segment_value("customers.customer_segment") }} = lifetimes.segment_value
            and subscriptions.age_months = lifetimes.age_months
    left join {{ ref("int_customer_order_values") }} as orders on customers.customer_id = orders.customer_id
    left join {{ ref("int_acquisition_costs") }} as costs on customers.customer_id = costs.customer_id
),
