{#-
    The customers' months of use that an increment computes anew: those of new rows, and those with days that the new as_of
    shows and the last one did not, or the other way round. A version that was replaced is of the same customer and day as
    the one that replaces it.
-#}
{%- set rows = ref("stg_product__product_usage") -%}
{%- set moments = ref("int_report_moment") -%}
{%- if is_increment() %}
with days as (
    select
        {{ as_contract_type("customer_id", "text") }} as customer_id,
        {{ as_contract_type("used_on", "date") }} as used_on
    from raw.new_product_usage
    union all
    select
        usage.customer_id,
        usage.used_on
    from {{ rows }} as usage
    cross join {{ moments }} as moment
    cross join raw.build_plan as plan
    where
        usage.used_on > least(moment.as_of_on, {{ reporting_date("plan.previous_as_of") }})
        and usage.used_on <= greatest(moment.as_of_on, {{ reporting_date("plan.previous_as_of") }})
)

select distinct
    customer_id,
    cast({{ dbt.date_trunc("month", "used_on") }} as date) as month_start
from days
where customer_id is not null and used_on is not null
{%- else %}
select
    customer_id,
    used_on as month_start
from {{ rows }}
where false
{%- endif %}
