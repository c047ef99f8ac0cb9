{#-
    First spells counted by renewals: of every segment at as_of, of all customers and of the customer segments also as it
    was known a year before (the back-test). The lifetime models are fitted to these counts, so their cost does not depend
    on the number of customers.
-#}
{%- set segments = attribute_segments() + ["plan_id"] -%}

with backtest as (
    select
        {{ dbt.dateadd("month", "-cast(window_of_test.value as integer)", "moment.as_of") }} as cut_at,
        cast(window_of_test.value as integer) as months
    from {{ ref("int_report_moment") }} as moment
    inner join {{ ref("thresholds") }} as window_of_test
        on window_of_test.threshold = 'clv_backtest_months'
),

known_late as (
    -- what had happened by the cut and was not known yet
    select distinct
        events.customer_id,
        events.occurred_at
    from {{ ref("int_lifecycle_events") }} as events
    inner join backtest
        on events.loaded_at > backtest.cut_at
    where events.occurred_at <= backtest.cut_at
),

spells as (
    select
        spells.*,
        false as is_backtest,
        moment.as_of as seen_at,
        spells.churned_at as lost_at,
        cast(null as integer) as months_kept_after
    from {{ ref("int_first_spells") }} as spells
    cross join {{ ref("int_report_moment") }} as moment
    union all
    select
        spells.*,
        true as is_backtest,
        backtest.cut_at as seen_at,
        case when spells.churned_at <= backtest.cut_at and late_losses.customer_id is null then spells.churned_at end as lost_at,
        case
            when spells.churned_at is null then backtest.months
            -- a loss that was not known at the cut counts as one of the first month after it
            when spells.churned_at <= backtest.cut_at then 0
            else least({{ whole_months("backtest.cut_at", "spells.churned_at", before=true) }}, backtest.months)
        end as months_kept_after
    from {{ ref("int_first_spells") }} as spells
    cross join backtest
    left join known_late as late_starts
        on spells.customer_id = late_starts.customer_id and spells.started_at = late_starts.occurred_at
    left join known_late as late_losses
        on spells.customer_id = late_losses.customer_id and spells.churned_at = late_losses.occurred_at
    where spells.started_at <= backtest.cut_at and late_starts.customer_id is null
),

counted as (
    select
        is_backtest,
        {%- for segment in segments %}
        {{ segment_value(segment) }} as {{ segment }},
        {%- endfor %}
        lost_at is not null as is_lost,
        -- lost in (t - 1, t] months after the start: at renewal t; at the start itself: at the first
        case
            when lost_at is not null then greatest({{ whole_months("started_at", "lost_at", before=true) }} + 1, 1)
            else {{ whole_months("started_at", "seen_at") }}
        end as renewals,
        case when lost_at is null then months_kept_after end as months_kept_after
    from spells
)

{% for segment in ["all"] + segments -%}
select
    is_backtest,
    '{{ "plan" if segment == "plan_id" else segment }}' as segment_type,
    {{ "'all'" if segment == "all" else segment }} as segment_value,
    is_lost,
    renewals,
    months_kept_after,
    count(*) as customers
from counted
{% if segment not in ["all", "customer_segment"] -%}
where not is_backtest
{% endif -%}
group by is_backtest, {% if segment != "all" %}{{ segment }}, {% endif %}is_lost, renewals, months_kept_after
{{ "union all" if not loop.last }}
{% endfor %}
