{#-
    What came of those acted on beside those not, by trigger and way to compare: the contacts beside their control group, and
    the tasks beside tasks that are alike: of one month, customer segment and MRR band.
-#}
{%- set groups = ["acted_on", "not_acted_on"] -%}
with facts as (
    select
        trigger_code,
        metric,
        'control_group' as method,
        cast(null as date) as triggered_in,
        cast(null as {{ dbt.type_string() }}) as customer_segment,
        cast(null as {{ dbt.type_string() }}) as value_band,
        not is_control as is_acted_on,
        value
    from {{ ref("int_contact_outcomes") }}
    where value is not null
    union all
    select
        tasks.trigger_code,
        tasks.metric,
        'matched' as method,
        cast({{ dbt.date_trunc("month", reporting_date("tasks.triggered_at")) }} as date) as triggered_in,
        {{ segment_value("customers.customer_segment") }} as customer_segment,
        bands.band as value_band,
        tasks.is_acted_on,
        outcomes.value
    from {{ ref("int_compared_tasks") }} as tasks
    inner join {{ ref("int_play_outcomes") }} as outcomes
        on
            tasks.customer_id = outcomes.customer_id
            and tasks.metric = outcomes.metric
            and tasks.compared_at = outcomes.moment_at
    inner join {{ ref("int_play_states") }} as states
        on
            tasks.customer_id = states.customer_id
            and tasks.metric = states.metric
            and tasks.compared_at = states.moment_at
    inner join {{ ref("int_customers") }} as customers
        on tasks.customer_id = customers.customer_id
    left join {{ ref("int_value_bands") }} as bands
        on
            states.mrr_before >= bands.from_value
            and coalesce(states.mrr_before < bands.until_value, true)
),

strata as (
    select
        trigger_code,
        metric,
        method,
        triggered_in,
        customer_segment,
        value_band,
        {%- for group in groups %}
        count(case when {{ "not " if group == "not_acted_on" }}is_acted_on then 1 end) as n_{{ group }},
        -- exact, so that no sum hangs on the order of its rows
        sum(case when {{ "not " if group == "not_acted_on" }}is_acted_on then cast(value as decimal(18, 6)) else 0 end) as sum_{{ group }},
        {%- endfor %}
        sum(cast(value as decimal(18, 6)) * cast(value as decimal(18, 6))) as squares
    from facts
    group by trigger_code, metric, method, triggered_in, customer_segment, value_band
),

{{ stratified_difference("strata", ["trigger_code", "metric", "method"], groups) }}

select * from sums
