{#- What reports group by, and where it stands: tables that are joined by a value are looked at together. -#}
{%- set groupings = [
    [ref("stg_crm__customers"), customer_attributes()],
    [ref("stg_marketing__acquisition_costs"), ["acquisition_channel"]],
    [ref("stg_billing__subscription_events"), ["plan_id", "product_id"]],
    [ref("stg_billing__plans"), ["plan_id", "product_id"]],
    [ref("stg_orders__orders"), ["product"]],
    [ref("stg_product__product_usage"), ["feature"]],
    [ref("stg_product__onboarding_milestones"), ["milestone"]],
    [ref("stg_support__support_tickets"), ["category"]],
    [ref("stg_surveys__survey_responses"), ["touchpoint", "subject"]],
    [ref("stg_marketing__campaign_contacts"), ["campaign"]],
] -%}

with found as (
    {%- for relation, columns in groupings %}
    {%- set is_last = loop.last %}
    {%- for column in columns %}
    select
        '{{ column }}' as column_name,
        {{ column }} as value,
        count(*) as row_count
    from {{ relation }}
    where {{ column }} is not null
    group by {{ column }}
    {{ "union all" if not (is_last and loop.last) }}
    {%- endfor %}
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
