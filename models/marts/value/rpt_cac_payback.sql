with members as (
    select
        customer_id,
        {{ segment_value("acquisition_channel") }} as acquisition_channel,
        joined_month
    from {{ ref("int_acquisition_costs") }}
),

cohorts as (
    select
        members.acquisition_channel,
        members.joined_month,
        count(*) as customers_joined,
        max(costs.cost) as acquisition_cost
    from members
    left join {{ ref("int_channel_costs") }} as costs
        on members.acquisition_channel = costs.acquisition_channel and members.joined_month = costs.cost_month
    group by members.acquisition_channel, members.joined_month
),

-- as fct_customer_lifetime_values: a business that lands neither invoices nor orders earns its MRR
business as (
    select count(*) > 0 as has_receipts from {{ ref("int_money_received") }}
),

in_months as (
    -- an order before the first start was paid by one who had not been won yet, and counts as the start does
    select
        members.acquisition_channel,
        members.joined_month,
        greatest(coalesce(calendar.month_start, members.joined_month), members.joined_month) as month_start,
        receipts.received,
        0 as mrr_change
    from {{ ref("int_receipts") }} as receipts
    inner join members on receipts.customer_id = members.customer_id
    left join {{ ref("int_calendar_days") }} as calendar
        on {{ reporting_date("receipts.received_at") }} = calendar.date_day
    union all
    select
        members.acquisition_channel,
        members.joined_month,
        calendar.month_start,
        0 as received,
        changes.mrr - changes.previous_mrr as mrr_change
    from {{ ref("int_customer_changes") }} as changes
    inner join members on changes.customer_id = members.customer_id
    inner join {{ ref("int_calendar_days") }} as calendar
        on changes.changed_on = calendar.date_day
),

by_month as (
    select
        acquisition_channel,
        joined_month,
        month_start,
        sum(received) as received,
        sum(mrr_change) as mrr_change
    from in_months
    group by acquisition_channel, joined_month, month_start
),

months as (
    select
        cohorts.acquisition_channel,
        cohorts.joined_month,
        cohorts.customers_joined,
        cohorts.acquisition_cost,
        periods.period_start,
        periods.is_complete_period,
        coalesce(by_month.received, 0) as received,
        sum(coalesce(by_month.mrr_change, 0)) over until_here as mrr_end,
        row_number() over until_here - 1 as months_since
    from cohorts
    inner join {{ ref("int_periods") }} as periods
        on periods.period_grain = 'month' and cohorts.joined_month <= periods.period_start
    left join by_month
        on
            cohorts.acquisition_channel = by_month.acquisition_channel
            and cohorts.joined_month = by_month.joined_month
            and periods.period_start = by_month.month_start
    window until_here as (
        partition by cohorts.acquisition_channel, cohorts.joined_month
        order by periods.period_start rows unbounded preceding
    )
),

earned as (
    select
        months.*,
        case when business.has_receipts then months.received else months.mrr_end end as revenue
    from months
    cross join business
),

margins as (
    select
        *,
        cast(
            sum(revenue) over (
                partition by acquisition_channel, joined_month
                order by period_start rows unbounded preceding
            ) * {{ var("gross_margin") }} as decimal(38, 6)
        ) as margin_so_far
    from earned
),

final as (
    select
        acquisition_channel,
        joined_month,
        cast(months_since as bigint) as months_since,
        period_start as month_start,
        is_complete_period,
        cast(customers_joined as bigint) as customers_joined,
        cast(acquisition_cost as decimal(38, 6)) as acquisition_cost,
        cast(revenue as decimal(38, 6)) as revenue,
        margin_so_far,
        {{ ratio("margin_so_far", "acquisition_cost") }} as paid_back_rate
    from margins
)

select * from final
