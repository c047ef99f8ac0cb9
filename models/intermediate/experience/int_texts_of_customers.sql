{#- Texts about the own business with the segments of who wrote them, and whether it was a customer then. -#}
select
    texts.source,
    texts.source_id,
    texts.text_id,
    texts.customer_id,
    texts.said_at,
    {{ reporting_date("texts.said_at") }} as said_on,
    calendar.quarter_start,
    coalesce(changes.is_active, false) as is_customer,
    {%- for attribute in customer_attributes() %}
    customers.{{ attribute }},
    {%- endfor %}
    changes.plan_id as plan
from {{ ref("int_texts") }} as texts
left join {{ ref("int_customers") }} as customers
    on texts.customer_id = customers.customer_id
-- what it was when it wrote
left join {{ ref("int_customer_changes") }} as changes
    on
        texts.customer_id = changes.customer_id
        and texts.said_at >= changes.changed_at
        and texts.said_at < coalesce(changes.next_changed_at, timestamp '9999-12-31')
left join {{ ref("int_calendar_days") }} as calendar
    on {{ reporting_date("texts.said_at") }} = calendar.date_day
where texts.is_about_us
