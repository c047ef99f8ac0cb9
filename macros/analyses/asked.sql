{# The period that an analysis is about: the last complete one of the var asked_grain, or the one that holds asked_period. #}
{% macro asked_period() -%}
    select
        period_grain,
        period_start,
        period_end
    from {{ ref("int_periods") }}
    where
        period_grain = '{{ var("asked_grain") }}'
        {%- if var("asked_period") %}
        and {{ asked_day() }} >= period_start
        and {{ asked_day() }} < period_end
        {%- else %}
        and is_complete_period
    order by period_start desc
    limit 1
        {%- endif %}
{%- endmacro %}


{% macro asked_day() -%}
    cast('{{ (var("asked_period") | string)[:10] }}' as date)
{%- endmacro %}


{#
    Whether a row is in the segment that an analysis is about: the vars asked_segment_type and asked_segment_value.

    Arguments:
        attributes: the relation that has the customer's attributes.
        plan: the columns that say which plans it counts for.
#}
{% macro is_in_asked_segment(attributes, plan) -%}
    {%- set segment_type, value = var("asked_segment_type"), var("asked_segment_value") -%}
    {%- set known = ["all"] + attribute_segments() + ["plan"] -%}
    {%- if segment_type not in known -%}
        {%- do exceptions.raise_compiler_error("asked_segment_type is '" ~ segment_type ~ "': use one of " ~ known | join(", ")) -%}
    {%- elif segment_type != "all" and value is none -%}
        {%- do exceptions.raise_compiler_error("asked_segment_type is " ~ segment_type ~ ": say which, as asked_segment_value") -%}
    {%- endif -%}
    {%- if segment_type == "all" -%}
        true
    {%- else -%}
        '{{ value | string | replace("'", "''") }}' in ({{ plan if segment_type == "plan" else segment_value(attributes ~ "." ~ segment_type) }})
    {%- endif -%}
{%- endmacro %}


{# The customer that an analysis is about: the var asked_customer_id, or the first of a relation. #}
{% macro asked_customer(relation, where="true") -%}
    {%- if var("asked_customer_id") %}
    select '{{ var("asked_customer_id") | string | replace("'", "''") }}' as customer_id
    {%- else %}
    select min(customer_id) as customer_id
    from {{ relation }}
    where {{ where }}
    {%- endif %}
{%- endmacro %}
