{%- set all_parameters = ["alpha", "beta", "r", "a", "b", "p", "q", "v", "residual_lifetime"] -%}
{%- set parameters = {"sbg": ["alpha", "beta", "residual_lifetime"], "orders": ["r", "alpha", "a", "b", "p", "q", "v"]} -%}
{%- set bounds = ["", "_lower", "_upper"] -%}
{%- set order_columns = {"model": "string", "log_likelihood": "double", "customers": "bigint", "fit_note": "string"} -%}
{%- for parameter in parameters["orders"] -%}
{%- for bound in bounds %}{% do order_columns.update({parameter ~ bound: "double"}) %}{% endfor -%}
{%- endfor -%}

with order_models as (
    {{ python_model("int_order_models_fitted", order_columns) }}
),

final as (
    {%- for kind in parameters %}
    select
        {%- if kind == "sbg" %}
        segment_type,
        segment_value,
        'sbg' as model,
        customers,
        losses,
        fallback_segment_value,
        {%- else %}
        'all' as segment_type,
        'all' as segment_value,
        model,
        customers,
        cast(null as bigint) as losses,
        cast(null as {{ dbt.type_string() }}) as fallback_segment_value,
        {%- endif %}
        {%- for parameter in all_parameters %}
        {%- for bound in bounds %}
        {{ parameter ~ bound if parameter in parameters[kind] else as_double("null") ~ " as " ~ parameter ~ bound }},
        {%- endfor %}
        {%- endfor %}
        log_likelihood,
        fit_note
    {%- if kind == "sbg" %}
    from {{ ref("int_lifetimes") }}
    where not is_backtest and age_months = 0
    union all
    {%- else %}
    from order_models
    {%- endif %}
    {%- endfor %}
)

select * from final
