{#- What reports group by, and where it stands: tables that are joined by a value are looked at together. -#}
{%- set attributes = customer_attributes() -%}
{%- set groupings = zip(attributes, [ref("stg_crm__customers")] * (attributes | length)) | list + [
    ["acquisition_channel", ref("stg_marketing__acquisition_costs")],
    ["plan_id", ref("stg_billing__subscription_events")],
    ["plan_id", ref("stg_billing__plans")],
    ["product", ref("stg_orders__orders")],
    ["feature", ref("stg_product__product_usage")],
    ["milestone", ref("stg_product__onboarding_milestones")],
    ["category", ref("stg_support__support_tickets")],
    ["touchpoint", ref("stg_surveys__survey_responses")],
    ["subject", ref("stg_surveys__survey_responses")],
    ["campaign", ref("stg_marketing__campaign_contacts")],
] -%}

with found as (
    {%- for column, relation in groupings %}
    select
        '{{ column }}' as column_name,
        {{ column }} as value,
        count(*) as row_count
    from {{ relation }}
    where {{ column }} is not null
    group by {{ column }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

spellings as (
    select
        column_name,
        value,
        {{ as_contract_type("value", "code") }} as compared_as,
        cast(sum(row_count) as bigint) as rows
    from found
    group by column_name, value
),

counted as (
    select
        *,
        count(*) over (partition by column_name, compared_as) as spelling_count
    from spellings
),

final as (
    select
        column_name,
        value,
        compared_as,
        rows
    from counted
    where spelling_count > 1
)

select * from final
