{#-
    One row per customer, metric and moment from which the metric is looked at: that of a contact, or of being held out, or
    when the time to act on a task was over. A window counts when its last day is over, so that no event of that day is
    still to come.
-#}
with moments as (
    select
        customer_id,
        metric,
        contacted_at as moment_at
    from {{ ref("int_contacts") }}
    where metric is not null
    union
    select
        customer_id,
        metric,
        compared_at as moment_at
    from {{ ref("int_compared_tasks") }}
),

windows as (
    select
        moments.*,
        metrics.measure,
        {{ days_later("moments.moment_at", "metrics.window_days") }} as until_at,
        report.as_of_on
    from moments
    inner join {{ ref("play_metrics") }} as metrics
        on moments.metric = metrics.metric
    cross join {{ ref("int_report_moment") }} as report
),

dated as (
    select
        *,
        {{ reporting_date("moment_at") }} as moment_on,
        {{ reporting_date("until_at") }} as until_on
    from windows
)

select
    customer_id,
    metric,
    measure,
    moment_at,
    moment_on,
    until_at,
    until_on,
    until_on < as_of_on as is_over
from dated
