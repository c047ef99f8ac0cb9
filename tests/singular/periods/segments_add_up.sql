-- What: the values of a segment type add up to segment `all`, in every period and grain. A plan segment moves customers
--       between its values, so its moves cancel out.
-- When it fails: a customer fell between two segments of the type returned, or counts in both.
{%- set measures = [
    "customers_start", "customers_new", "customers_reactivated", "customers_churned", "customers_end",
    "customers_acquired", "customers_lost", "customers_returned", "customers_came_and_went",
    "customers_left_and_returned", "mrr_start", "mrr_new", "mrr_reactivation", "mrr_expansion", "mrr_contraction",
    "mrr_expansion_of_start", "mrr_contraction_of_start", "mrr_churn", "mrr_end",
] %}
with types as (
    select
        period_grain,
        period_start,
        segment_type,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }},
        {%- endfor %}
        sum(customers_moved_in - customers_moved_out) as moved,
        sum(mrr_moved) as mrr_moved
    from {{ ref("fct_segment_periods") }}
    group by period_grain, period_start, segment_type
)

select types.*
from types
inner join types as everyone
    on
        types.period_grain = everyone.period_grain
        and types.period_start = everyone.period_start
        and everyone.segment_type = 'all'
where
    types.moved <> 0
    or types.mrr_moved <> 0
    {%- for measure in measures %}
    or types.{{ measure }} <> everyone.{{ measure }}
    {%- endfor %}
