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

named as (
    {%- for cut in answer_splits() + attribute_segments() + ["plan", "score"] %}
    select '{{ cut }}' as cut
    {{- " union all" if not loop.last }}
    {%- endfor %}
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
    union all
    -- so that one that is missing altogether is found too
    select
        all_customers.period_grain,
        all_customers.period_start,
        all_customers.touchpoint_type,
        named.cut,
        0 as respondents,
        0 as promoters,
        0 as detractors
    from all_customers
    cross join named
),

sums as (
    select
        period_grain,
        period_start,
        touchpoint_type,
        cut,
        sum(respondents) as respondents,
        sum(promoters) as promoters,
        sum(detractors) as detractors
    from cuts
    group by period_grain, period_start, touchpoint_type, cut
)

select
    sums.cut,
    all_customers.period_grain,
    all_customers.period_start,
    all_customers.touchpoint_type
from sums
inner join all_customers
    on
        sums.period_grain = all_customers.period_grain
        and sums.period_start = all_customers.period_start
        and sums.touchpoint_type = all_customers.touchpoint_type
where
    sums.respondents <> all_customers.respondents
    or sums.promoters <> all_customers.promoters
    or sums.detractors <> all_customers.detractors
