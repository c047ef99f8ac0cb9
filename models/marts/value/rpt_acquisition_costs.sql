with joined as (
    select
        {{ segment_value("joined.acquisition_channel") }} as acquisition_channel,
        joined.joined_month,
        count(*) as customers_joined,
        sum(joined.first_mrr) as first_mrr,
        sum(lifetime_values.historic_margin) as historic_margin,
        -- without the value of some, the mean would be that of those who are gone
        case when count(lifetime_values.clv) = count(*) then sum(lifetime_values.clv) end as clv
    from {{ ref("int_acquisition_costs") }} as joined
    inner join {{ ref("fct_customer_lifetime_values") }} as lifetime_values
        on joined.customer_id = lifetime_values.customer_id
    group by {{ segment_value("joined.acquisition_channel") }}, joined.joined_month
),

-- a channel costs something in a month that brings nobody, too
channel_months as (
    select
        coalesce(joined.acquisition_channel, costs.acquisition_channel) as acquisition_channel,
        coalesce(joined.joined_month, costs.cost_month) as joined_month,
        coalesce(joined.customers_joined, 0) as customers_joined,
        costs.cost as acquisition_cost,
        joined.historic_margin,
        {{ ratio("costs.cost", "joined.customers_joined") }} as cac,
        {{ ratio("joined.first_mrr", "joined.customers_joined") }} as first_arpa,
        {{ ratio("joined.clv", "joined.customers_joined") }} as clv
    from joined
    full join {{ ref("int_channel_costs") }} as costs
        on joined.acquisition_channel = costs.acquisition_channel and joined.joined_month = costs.cost_month
),

final as (
    select
        acquisition_channel,
        joined_month,
        cast(customers_joined as bigint) as customers_joined,
        cast(acquisition_cost as decimal(38, 6)) as acquisition_cost,
        cac,
        first_arpa,
        {{ ratio("cac", "first_arpa * " ~ var("gross_margin") ~ "e0") }} as cac_payback_months,
        cast(historic_margin as decimal(38, 6)) as historic_margin,
        {{ ratio("historic_margin", "acquisition_cost") }} as paid_back_rate,
        clv,
        {{ ratio("clv", "cac") }} as clv_to_cac
    from channel_months
)

select * from final
