{#- A customer's lifetime model is that of its customer segment: what separates best how long customers stay. -#}
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
    where changes.next_changed_at is null and changes.became_customer_at is not null
),

lifetimes as (
    select * from {{ ref("int_lifetimes") }}
    where segment_type = 'customer_segment' and not is_backtest
),

valued as (
    select
        customers.customer_id,
        cast(
            case when business.has_receipts then coalesce(received.received, 0) else coalesce(mrr.mrr_over_time, 0) end
            as decimal(38, 6)
        ) as historic_revenue,
        {%- for bound in ["", "_lower", "_upper"] %}
        -- nothing recurs of a lost or paused customer; without a model, nothing is known
        case
            when subscriptions.is_active and subscriptions.mrr > 0
                then {{ as_double("subscriptions.mrr") ~ " * lifetimes.residual_lifetime" ~ bound }}
            when lifetimes.segment_value is not null then 0
        end as subscription_value{{ bound }},
        {%- endfor %}
        subscriptions.customer_id is not null as was_subscriber,
        orders.discounted_orders * orders.expected_order_value as order_value,
        cast(costs.acquisition_cost as decimal(38, 6)) as acquisition_cost
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

margins as (
    select
        customer_id,
        historic_revenue,
        cast(historic_revenue * {{ var("gross_margin") }} as decimal(38, 6)) as historic_margin,
        {%- for bound in ["", "_lower", "_upper"] %}
        cast(
            {{ var("gross_margin") }}e0
            * case
                when was_subscriber then subscription_value{{ bound }} + coalesce(order_value, 0)
                {%- if not bound %}
                else order_value
                {%- endif %}
            end
            as decimal(38, 6)
        ) as residual_value{{ bound }},
        {%- endfor %}
        acquisition_cost
    from valued
),

final as (
    select
        customer_id,
        historic_revenue,
        historic_margin,
        residual_value,
        residual_value_lower,
        residual_value_upper,
        cast(historic_margin + residual_value as decimal(38, 6)) as clv,
        acquisition_cost,
        {{ ratio("historic_margin + residual_value", "acquisition_cost") }} as clv_to_cac
    from margins
)

select * from final
