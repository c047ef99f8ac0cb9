{#-
    A code and what should know it: a seed, a table, or a list of its own. Why a payment was declined is a code of its bank,
    and no churn reason.
-#}
{%- set events, tickets, targets = ref("stg_billing__subscription_events"), ref("stg_support__support_tickets"), ref("stg_planning__targets") -%}
{%- set contacts = ref("stg_marketing__campaign_contacts") -%}
{%- set target_key = "metric || '|' || period_grain || '|' || cast(period_start as " ~ dbt.type_string() ~ ")" -%}
{%- set codes = [
    {"raw_table": "subscription_events", "column": "reason_code", "rows": events, "key": "event_id", "list": ref("churn_reasons"),
        "where": "event_type <> 'payment_failed'"},
    {"raw_table": "subscription_events", "column": "plan_id", "rows": events, "key": "event_id", "list": ref("stg_billing__plans")},
    {"raw_table": "subscription_events", "column": "cancelled_by", "rows": events, "key": "event_id",
        "known": ["customer", "system"]},
    {"raw_table": "support_tickets", "column": "priority", "rows": tickets, "key": "ticket_id",
        "known": ["low", "normal", "medium", "high", "urgent", "critical"]},
    {"raw_table": "campaign_contacts", "column": "channel", "rows": contacts, "key": "contact_id",
        "known": ["mail", "sms", "push", "call"]},
    {"raw_table": "targets", "column": "metric", "rows": targets, "key": target_key, "list": ref("int_metrics")},
] -%}

with found as (
    {%- for code in codes %}
    select
        '{{ code.raw_table }}' as raw_table,
        '{{ code.column }}' as column_name,
        {{ code.column }} as value,
        count(*) as row_count,
        min({{ code.key }}) as example_key
    from {{ code.rows }}
    where {{ code.column }} is not null{{ " and " ~ code.where if code.where }}
    group by {{ code.column }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

known as (
    {%- for code in codes %}
    {%- if code.known %}
    {%- for value in code.known %}
    select
        '{{ code.raw_table }}' as raw_table,
        '{{ code.column }}' as column_name,
        '{{ value }}' as value
    {{ "union all" if not loop.last }}
    {%- endfor %}
    {%- else %}
    select
        '{{ code.raw_table }}' as raw_table,
        '{{ code.column }}' as column_name,
        {# a seed is written by people too; the id of a plan is an id -#}
        {{ as_contract_type(code.column, "text" if code.column == "plan_id" else "code") }} as value
    from {{ code.list }}
    {%- endif %}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

lists as (
    -- a business without a table of plans has no list that could know them
    select distinct
        raw_table,
        column_name
    from known
),

final as (
    select
        found.raw_table,
        found.column_name,
        found.value,
        cast(found.row_count as bigint) as rows,
        found.example_key
    from found
    inner join lists
        on found.raw_table = lists.raw_table and found.column_name = lists.column_name
    left join known
        on
            found.raw_table = known.raw_table
            and found.column_name = known.column_name
            and found.value = known.value
    where known.value is null
)

select * from final
