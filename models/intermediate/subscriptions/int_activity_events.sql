{#-
    A business without subscriptions: each customer has one, which starts with an order (without orders: a use of the
    product), and expires when none has come for inactivity_days. One that comes at that very moment is in time. Every
    order counts until then only, so a later one never rewrites that the customer was lost.
-#}
{%- set no_text = "cast(null as " ~ dbt.type_string() ~ ")" -%}

with orders as (
    select count(*) as orders from {{ ref("stg_orders__orders") }}
),

activities as (
    select
        customer_id,
        ordered_at as active_at
    from {{ ref("stg_orders__orders") }}
    union all
    select
        usage.customer_id,
        cast(usage.used_on as timestamp) as active_at
    from {{ ref("stg_product__product_usage") }} as usage
    cross join orders
    where usage.usage_count > 0 and orders.orders = 0
),

seen as (
    select
        activities.customer_id,
        activities.active_at,
        {{ days_later("activities.active_at", "inactivity.value") }} as counts_until,
        moment.as_of
    from activities
    cross join {{ ref("int_report_moment") }} as moment
    inner join {{ ref("thresholds") }} as inactivity
        on inactivity.threshold = 'inactivity_days'
    where moment.lifecycle = 'activity' and activities.active_at <= moment.as_of
),

in_order as (
    select
        *,
        row_number() over in_time as activity_number,
        lag(counts_until) over in_time as previous_counts_until,
        lead(active_at) over in_time as next_active_at
    from seen
    window in_time as (partition by customer_id order by active_at)
),

events as (
    select
        customer_id,
        activity_number,
        active_at as occurred_at,
        case when previous_counts_until is null then 'started' else 'reactivated' end as event_type,
        {{ no_text }} as reason_code
    from in_order
    where coalesce(active_at > previous_counts_until, true)
    union all
    select
        customer_id,
        activity_number,
        counts_until as occurred_at,
        'expired' as event_type,
        'inactivity' as reason_code
    from in_order
    where coalesce(next_active_at > counts_until, counts_until <= as_of)
)

select
    customer_id || ':' || cast(activity_number as {{ dbt.type_string() }}) || ':' || event_type as event_id,
    customer_id,
    customer_id as subscription_id,
    {{ no_text }} as plan_id,
    {{ no_text }} as product_id,
    occurred_at,
    occurred_at as loaded_at,
    cast(null as decimal(18, 6)) as amount,
    cast(null as bigint) as billing_interval_count,
    cast(null as decimal(18, 6)) as quantity,
    event_type,
    {{ no_text }} as currency,
    {{ no_text }} as billing_interval,
    reason_code,
    {{ no_text }} as cancelled_by
from events
