{#-
    Movements laid on the periods in which a cell has customers or movements: from each period with movements to the next
    one, unless nobody is left. The start of a period is the running sum of everything before it.
-#}
{%- set cell = ["plan_id"] + promised_attributes() -%}
{%- set counts = ["customers_new", "customers_reactivated", "customers_churned", "customers_churned_voluntary",
    "customers_churned_involuntary", "customers_churned_unknown", "customers_moved_in", "customers_moved_out", "customers_acquired",
    "customers_lost", "customers_returned", "customers_came_and_went", "customers_left_and_returned"] -%}
{%- set amounts = ["mrr_new", "mrr_reactivation", "mrr_expansion", "mrr_contraction", "mrr_expansion_of_start",
    "mrr_contraction_of_start", "mrr_churn", "mrr_moved"] -%}

with grains as (
    {{ grain_rows(cell_grains()) }}
),

movements as (
    select
        movements.*,
        grains.period_grain,
        {{ whole_period(cell_grains()) }} as period_start
    from {{ ref("int_cell_movements") }} as movements
    cross join grains
),

sums as (
    select
        {%- for measure in counts + amounts %}
        sum({{ measure }}) as {{ measure }},
        {%- endfor %}
        {{ cell | join(",\n        ") }},
        period_grain,
        period_start
    from movements
    where period_start is not null
    group by period_grain, period_start, {{ cell | join(", ") }}
),

ends as (
    select
        *,
        sum(customers_new + customers_reactivated - customers_churned + customers_moved_in - customers_moved_out)
            over until_here as customers_end,
        sum(mrr_new + mrr_reactivation + mrr_expansion + mrr_contraction + mrr_churn + mrr_moved) over until_here as mrr_end,
        lead(period_start) over (partition by period_grain, {{ cell | join(", ") }} order by period_start) as next_period_start
    from sums
    window until_here as (
        partition by period_grain, {{ cell | join(", ") }}
        order by period_start rows unbounded preceding
    )
),

filled as (
    select
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.is_complete_period,
        {%- for column in cell %}
        ends.{{ column }},
        {%- endfor %}
        {%- for measure in counts + amounts %}
        case when periods.period_start = ends.period_start then ends.{{ measure }} else 0 end as {{ measure }},
        {%- endfor %}
        ends.customers_end,
        ends.mrr_end
    from ends
    inner join {{ ref("int_periods") }} as periods
        on
            ends.period_grain = periods.period_grain
            and ends.period_start <= periods.period_start
            and periods.period_start < coalesce(ends.next_period_start, date '9999-12-31')
            and (ends.period_start = periods.period_start or ends.customers_end > 0)
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        {{ cell | join(",\n        ") }},
        {%- for measure in counts %}
        cast({{ measure }} as bigint) as {{ measure }},
        {%- endfor %}
        cast(
            customers_end - customers_new - customers_reactivated + customers_churned - customers_moved_in + customers_moved_out
            as bigint
        ) as customers_start,
        cast(customers_end as bigint) as customers_end,
        {%- for measure in amounts %}
        cast({{ measure }} as decimal(38, 6)) as {{ measure }},
        {%- endfor %}
        cast(
            mrr_end - mrr_new - mrr_reactivation - mrr_expansion - mrr_contraction - mrr_churn - mrr_moved as decimal(38, 6)
        ) as mrr_start,
        cast(mrr_end as decimal(38, 6)) as mrr_end
    from filled
)

select * from final
