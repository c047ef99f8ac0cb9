-- Every split of the answers, and the scores from 0 to 10, sum to the NPS of all customers; so do the segments of a type.
-- When it fails: the rows returned are the periods where the answers counted twice or lost, and by what they are cut.
with all_customers as (
    select
        period_grain,
        period_start,
        touchpoint_type,
        respondents,
        promoters,
        detractors
    from {{ ref("rpt_nps") }}
    where segment_type = 'all'
),

cuts as (
    select
        period_grain,
        period_start,
        touchpoint_type,
        split_type as cut,
        sum(respondents) as respondents,
        sum(promoters) as promoters,
        sum(detractors) as detractors
    from {{ ref("rpt_nps_splits") }}
    group by period_grain, period_start, touchpoint_type, split_type
    union all
    select
        period_grain,
        period_start,
        touchpoint_type,
        segment_type as cut,
        sum(respondents) as respondents,
        sum(promoters) as promoters,
        sum(detractors) as detractors
    from {{ ref("rpt_nps") }}
    group by period_grain, period_start, touchpoint_type, segment_type
    union all
    select
        period_grain,
        period_start,
        touchpoint_type,
        'score' as cut,
        sum(respondents) as respondents,
        sum(case when band = 'promoter' then respondents else 0 end) as promoters,
        sum(case when band = 'detractor' then respondents else 0 end) as detractors
    from {{ ref("rpt_nps_distribution") }}
    where segment_type = 'all'
    group by period_grain, period_start, touchpoint_type
)

select
    cuts.cut,
    all_customers.period_grain,
    all_customers.period_start,
    all_customers.touchpoint_type
from cuts
inner join all_customers
    on
        cuts.period_grain = all_customers.period_grain
        and cuts.period_start = all_customers.period_start
        and cuts.touchpoint_type = all_customers.touchpoint_type
where
    cuts.respondents <> all_customers.respondents
    or cuts.promoters <> all_customers.promoters
    or cuts.detractors <> all_customers.detractors
