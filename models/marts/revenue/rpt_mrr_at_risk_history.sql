with judged as (
    select
        risks.*,
        horizons.horizon_days,
        coalesce(risks.lost_within_days <= horizons.horizon_days, false) as is_lost
    from {{ ref("int_subscription_risks") }} as risks
    inner join {{ ref("int_health_horizons") }} as horizons
        on risks.scored_on = horizons.scored_on
    where risks.is_first
),

segments as (
    {{ in_segments("judged") }}
),

by_risk as (
    select
        segments.*,
        segments.risk as counted_as
    from segments
    union all
    select
        segments.*,
        'at_risk' as counted_as
    from segments
    where segments.is_at_risk
),

sums as (
    select
        scored_on,
        horizon_days,
        segment_type,
        segment_value,
        counted_as as risk,
        count(*) as subscriptions,
        count(case when is_lost then 1 end) as subscriptions_lost,
        sum(mrr) as mrr,
        sum(case when is_lost then mrr else 0 end) as mrr_lost
    from by_risk
    group by scored_on, horizon_days, segment_type, segment_value, counted_as
),

compared as (
    select
        *,
        sum(case when risk = 'not_at_risk' then mrr end) over of_the_day as mrr_not_at_risk,
        sum(case when risk = 'not_at_risk' then mrr_lost end) over of_the_day as mrr_lost_not_at_risk
    from sums
    window of_the_day as (partition by scored_on, horizon_days, segment_type, segment_value)
),

final as (
    select
        scored_on,
        horizon_days,
        risk,
        segment_type,
        segment_value,
        subscriptions,
        subscriptions_lost,
        cast(mrr as decimal(38, 6)) as mrr,
        cast(mrr_lost as decimal(38, 6)) as mrr_lost,
        {{ ratio("mrr_lost", "mrr") }} as lost_share,
        {{ ratio("mrr_lost_not_at_risk", "mrr_not_at_risk") }} as lost_share_not_at_risk
    from compared
)

select * from final
