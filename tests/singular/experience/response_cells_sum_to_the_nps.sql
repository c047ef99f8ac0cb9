{%- set keys = "period_grain, period_start, segment_type, segment_value, touchpoint_type" -%}
{%- set counts = ["sent_count", "respondents", "promoters", "passives", "detractors"] -%}

-- What: every count of rpt_nps by month, quarter and year is a sum of cells, with rare values as (other); and so is what its
--       rates and its weighted score are divided from, which are compared where no values are counted together.
-- When it fails: a cell of the period, segment and touchpoint type returned lost or doubled an answer, or one more than the
--                latest of a customer.
with cells as (
    {%- for segment in ["all", "plan"] + attribute_segments() | select("in", promised_attributes()) | list %}
    select
        {%- for measure in counts + ["answered_count", "weight", "weighted_balance"] %}
        sum({{ measure }}) as {{ measure }},
        {%- endfor %}
        period_grain,
        period_start,
        '{{ segment }}' as segment_type,
        {{ {"all": "'all'", "plan": "plan_id"}.get(segment, segment) }} as segment_value,
        touchpoint_type
    from {{ ref("fct_response_cells") }}
    group by {{ keys }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

folded as (
    select
        scores.*,
        case when rare.value is null then scores.segment_value else {{ other_segments() }} end as folded_value
    from {{ ref("rpt_nps") }} as scores
    left join {{ ref("int_rare_values") }} as rare
        on
            case when scores.segment_type = 'plan' then 'plan_id' else scores.segment_type end = rare.attribute
            and scores.segment_value = rare.value
    where
        scores.period_grain in ('{{ cell_grains() | join("', '") }}')
        and scores.segment_type in ('{{ (["all", "plan"] + promised_attributes()) | join("', '") }}')
),

scores as (
    select
        period_grain,
        period_start,
        segment_type,
        folded_value as segment_value,
        touchpoint_type,
        {%- for measure in counts %}
        sum({{ measure }}) as {{ measure }},
        {%- endfor %}
        max(nps_weighted) as nps_weighted,
        max(response_rate) as response_rate,
        count(*) as segments
    from folded
    group by period_grain, period_start, segment_type, folded_value, touchpoint_type
)

select
    {%- for measure in counts %}
    cells.{{ measure }} as {{ measure }}_of_cells,
    {%- endfor %}
    scores.*
from scores
full outer join cells
    on
        scores.period_grain = cells.period_grain
        and scores.period_start = cells.period_start
        and scores.segment_type = cells.segment_type
        and scores.segment_value = cells.segment_value
        and scores.touchpoint_type = cells.touchpoint_type
where
    {%- for measure in counts %}
    scores.{{ measure }} is distinct from cells.{{ measure }}
    or
    {%- endfor %}
    scores.segments = 1 and (
        scores.nps_weighted is distinct from 100 * {{ ratio("cells.weighted_balance", "cells.weight") }}
        or scores.response_rate is distinct from {{ ratio("cells.answered_count", "cells.sent_count") }}
    )
