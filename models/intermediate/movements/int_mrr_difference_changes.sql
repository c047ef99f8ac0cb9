{#-
    What each named difference between a definition of MRR and other reports gains and loses in each period, by the attributes
    of customers. What is priced at the rate of the period's end is told apart by its terms, so that amounts, not
    subscriptions, are priced again at each end.
-#}
with differences as (
    select
        definition,
        difference,
        customer_id,
        valid_from,
        valid_to,
        mrr - our_mrr as mrr,
        cast(null as {{ dbt.type_string() }}) as currency,
        cast(null as decimal(18, 6)) as amount,
        cast(null as {{ dbt.type_string() }}) as billing_interval,
        cast(null as {{ dbt.type_int() }}) as billing_interval_count
    from {{ ref("int_mrr_counted") }}
    where difference is not null and mrr <> our_mrr
    union all
    select
        definition,
        'exchange_rate' as difference,
        customer_id,
        valid_from,
        valid_to,
        mrr,
        currency,
        amount,
        billing_interval,
        billing_interval_count
    from {{ ref("int_mrr_counted") }}
    where has_floating_rate
),

changes as (
    select
        differences.*,
        differences.valid_from as changed_at,
        1 as direction
    from differences
    union all
    select
        differences.*,
        differences.valid_to as changed_at,
        -1 as direction
    from differences
    where differences.valid_to is not null
)

select
    changes.definition,
    changes.difference,
    changes.currency,
    changes.amount,
    changes.billing_interval,
    changes.billing_interval_count,
    calendar.period_grain,
    calendar.period_start,
    {%- for attribute in customer_attributes() %}
    customers.{{ attribute }},
    {%- endfor %}
    cast(sum(changes.direction) as bigint) as subscriptions,
    cast(sum(changes.direction * changes.mrr) as decimal(38, 6)) as mrr
from changes
inner join {{ ref("int_customers") }} as customers
    on changes.customer_id = customers.customer_id
inner join {{ ref("int_calendar_periods") }} as calendar
    on
        {{ reporting_date("changes.changed_at") }} = calendar.date_day
        and calendar.period_grain in ('{{ cell_grains() | join("', '") }}')
group by
    changes.definition,
    changes.difference,
    changes.currency,
    changes.amount,
    changes.billing_interval,
    changes.billing_interval_count,
    {%- for attribute in customer_attributes() %}
    customers.{{ attribute }},
    {%- endfor %}
    calendar.period_grain,
    calendar.period_start
