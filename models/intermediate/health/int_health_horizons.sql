{#- The days of scoring that can be judged, for each horizon: its last day is over. -#}
{%- for days in health_horizons() %}
select
    dates.scored_on,
    {{ days }} as horizon_days
from {{ ref("int_score_dates") }} as dates
inner join {{ ref("int_report_moment") }} as moment
    on cast({{ dbt.dateadd("day", days, "dates.scored_on") }} as date) < moment.as_of_on
{{- " union all" if not loop.last }}
{%- endfor %}
