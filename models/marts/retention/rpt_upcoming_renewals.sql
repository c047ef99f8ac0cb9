{#- Terms whose last day comes within so many days. -#}
{%- set horizons = [30, 60, 90] -%}
with due as (
    select
        terms.*,
        {{ dbt.datediff("moment.as_of_on", "terms.ends_on", "day") }} as days_left,
        requests.subscription_id is not null as is_cancel_pending
    from {{ ref("int_term_outcomes") }} as terms
    inner join {{ ref("int_report_moment") }} as moment
        on terms.ends_on > moment.as_of_on
    left join {{ ref("int_cancel_requests") }} as requests
        on terms.subscription_id = requests.subscription_id and requests.settled_at is null
    where terms.outcome = 'open'
),

segments as (
    {{ in_segments("due") }}
),

within as (
    {%- for days in horizons %}
    select
        {{ days }} as within_days,
        segments.*
    from segments
    where segments.days_left <= {{ days }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

final as (
    select
        within_days,
        segment_type,
        segment_value,
        count(*) as due,
        count(distinct customer_id) as customers,
        count(case when is_cancel_pending then 1 end) as cancel_pending,
        cast(sum(mrr_due) as decimal(38, 6)) as mrr_due,
        cast(sum(case when is_cancel_pending then mrr_due else 0 end) as decimal(38, 6)) as mrr_cancel_pending
    from within
    group by within_days, segment_type, segment_value
)

select * from final
