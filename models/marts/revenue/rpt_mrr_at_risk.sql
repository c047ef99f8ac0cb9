with risks as (
    select risks.*
    from {{ ref("int_subscription_risks") }} as risks
    inner join {{ ref("int_report_moment") }} as moment
        on risks.scored_on = moment.as_of_on
),

segments as (
    {{ in_segments("risks") }}
),

by_risk as (
    select
        segments.*,
        segments.risk as counted_as
    from segments
    union all
    -- a subscription is at risk once, whatever its risks
    select
        segments.*,
        'at_risk' as counted_as
    from segments
    where segments.is_at_risk and segments.is_first
),

sums as (
    select
        segment_type,
        segment_value,
        counted_as as risk,
        count(case when is_first_of_customer then 1 end) as customers,
        count(case when is_first then 1 end) as subscriptions,
        sum(case when is_first then mrr else 0 end) as mrr,
        count(distinct customer_id) as customers_with_risk,
        count(*) as subscriptions_with_risk,
        sum(mrr) as mrr_with_risk
    from by_risk
    group by segment_type, segment_value, counted_as
),

totals as (
    select
        *,
        sum(case when risk in ('at_risk', 'not_at_risk') then mrr end) over (
            partition by segment_type, segment_value
        ) as mrr_of_all
    from sums
),

final as (
    select
        risk,
        segment_type,
        segment_value,
        customers,
        subscriptions,
        cast(mrr as decimal(38, 6)) as mrr,
        {{ ratio("mrr", "mrr_of_all") }} as mrr_share,
        customers_with_risk,
        subscriptions_with_risk,
        cast(mrr_with_risk as decimal(38, 6)) as mrr_with_risk
    from totals
)

select * from final
