{#-
    Each survey sent and each answer, with all that reports of scores cut them by. Of one customer the latest answer of a
    period counts, anonymous ones each do: so each answer says of which of its periods it is the latest.
-#}
{%- set asked_about = "survey_type, subject, touchpoint_type" -%}
{%- set cut_by = customer_attributes() + ["plan"] + answer_splits() -%}

with answers as (
    select
        *,
        case
            when customer_id is not null
                then lead(responded_on) over (
                    partition by {{ asked_about }}, customer_id
                    order by responded_at, response_id
                )
        end as next_responded_on
    from {{ ref("int_surveys") }}
    where responded_on is not null
)

select
    sent_on as happened_on,
    {{ asked_about }},
    cast(null as integer) as score,
    {{ cut_by | join(",\n    ") }},
    {%- for grain in period_grains() %}
    true as is_latest_of_{{ grain }},
    {%- endfor %}
    1 as sent_count,
    case when responded_on is null then 0 else 1 end as answered_count,
    0 as respondents,
    0 * weight as weight
from {{ ref("int_surveys") }}
union all
select
    answers.responded_on as happened_on,
    {{ asked_about }},
    answers.score,
    {{ cut_by | join(",\n    ") }},
    coalesce(days.date_day < next_days.date_day, true) as is_latest_of_day,
    {%- for grain in period_grains() if grain != "day" %}
    coalesce(days.{{ grain }}_start < next_days.{{ grain }}_start, true) as is_latest_of_{{ grain }},
    {%- endfor %}
    0 as sent_count,
    0 as answered_count,
    1 as respondents,
    answers.weight
from answers
inner join {{ ref("int_calendar_days") }} as days
    on answers.responded_on = days.date_day
left join {{ ref("int_calendar_days") }} as next_days
    on answers.next_responded_on = next_days.date_day
