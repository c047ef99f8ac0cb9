{%- set keys = "period_grain, period_start, segment_type, segment_value" -%}
{%- set of_plans = ["customers_moved_in", "customers_moved_out", "mrr_moved"] -%}
{%- set of_start = {"mrr_expansion_of_start": "mrr_expansion", "mrr_contraction_of_start": "mrr_contraction"} -%}
{%- set measures = ["customers_start", "customers_new", "customers_reactivated", "customers_churned", "customers_churned_voluntary",
    "customers_churned_involuntary", "customers_churned_unknown", "customers_end", "customers_acquired", "customers_lost",
    "customers_returned", "customers_came_and_went", "customers_left_and_returned", "mrr_start", "mrr_new", "mrr_reactivation",
    "mrr_expansion", "mrr_contraction", "mrr_churn", "mrr_end"] -%}
{%- set all_measures = measures + of_plans + of_start.keys() | list -%}

-- What: every count and MRR sum of every segment by month, quarter and year is a sum of cells, with rare values as (other).
-- When it fails: a cell lost or doubled a movement of the period and segment returned, or has no row where it has customers;
--                compare int_cell_movements with int_movement_sums there.
with cells as (
    {%- for segment in ["all"] + attribute_segments() | select("in", promised_attributes()) | list %}
    select
        {{ measures | join(",\n        ") }},
        {%- for measure in of_plans %}
        0 as {{ measure }},
        {%- endfor %}
        {%- for measure, same in of_start.items() %}
        {{ same }} as {{ measure }},
        {%- endfor %}
        period_grain,
        period_start,
        '{{ segment }}' as segment_type,
        {{ "'all'" if segment == "all" else segment }} as segment_value
    from {{ ref("fct_customer_cells") }}
    union all
    {%- endfor %}
    select
        {{ all_measures | join(",\n        ") }},
        period_grain,
        period_start,
        'plan' as segment_type,
        plan_id as segment_value
    from {{ ref("fct_plan_cells") }}
),

segments as (
    select
        segments.*,
        case when rare.value is null then segments.segment_value else {{ other_segments() }} end as folded_value
    from {{ ref("fct_segment_periods") }} as segments
    left join {{ ref("int_rare_values") }} as rare
        on
            case when segments.segment_type = 'plan' then 'plan_id' else segments.segment_type end = rare.attribute
            and segments.segment_value = rare.value
    where
        segments.period_grain in ('{{ cell_grains() | join("', '") }}')
        and segments.segment_type in ('{{ (["all", "plan"] + promised_attributes()) | join("', '") }}')
),

-- what segments have beyond cells
differences as (
    select
        {{ all_measures | join(",\n        ") }},
        period_grain,
        period_start,
        segment_type,
        folded_value as segment_value
    from segments
    union all
    select
        {%- for measure in all_measures %}
        -{{ measure }} as {{ measure }},
        {%- endfor %}
        period_grain,
        period_start,
        segment_type,
        segment_value
    from cells
)

select
    {%- for measure in all_measures %}
    sum({{ measure }}) as {{ measure }},
    {%- endfor %}
    {{ keys }}
from differences
group by {{ keys }}
having {{ "sum(" ~ all_measures | join(") <> 0 or sum(") ~ ") <> 0" }}
