{%- set order_parameters = [] -%}
{%- for parameter in ["r", "alpha", "a", "b", "p", "q", "v"] -%}
    {%- for bound in ["", "_lower", "_upper"] -%}
        {%- do order_parameters.append(parameter ~ bound) -%}
    {%- endfor -%}
{%- endfor -%}
{%- set order_columns = {"model": "string", "log_likelihood": "double", "customers": "bigint", "fit_note": "string"} -%}
{%- for parameter in order_parameters -%}
    {%- do order_columns.update({parameter: "double"}) -%}
{%- endfor -%}

with order_models as (
    {{ python_model("int_order_models_fitted", order_columns) }}
),

lifetimes as (
    select * from {{ ref("int_lifetimes") }}
    where not is_backtest and age_months = 0
),

final as (
    select
        segment_type,
        segment_value,
        'sbg' as model,
        cast(customers as bigint) as customers,
        fallback_segment_value,
        {%- for parameter in ["alpha", "beta"] %}
        {{ parameter }},
        {{ parameter }}_lower,
        {{ parameter }}_upper,
        {%- endfor %}
        {%- for parameter in order_parameters if not parameter.startswith("alpha") %}
        {{ as_double("null") }} as {{ parameter }},
        {%- endfor %}
        log_likelihood,
        fit_note
    from lifetimes
    union all
    select
        'all' as segment_type,
        'all' as segment_value,
        model,
        cast(customers as bigint) as customers,
        cast(null as {{ dbt.type_string() }}) as fallback_segment_value,
        {%- for bound in ["", "_lower", "_upper"] %}
        alpha{{ bound }},
        {%- endfor %}
        {%- for bound in ["", "_lower", "_upper"] %}
        {{ as_double("null") }} as beta{{ bound }},
        {%- endfor %}
        {%- for parameter in order_parameters if not parameter.startswith("alpha") %}
        {{ parameter }},
        {%- endfor %}
        log_likelihood,
        fit_note
    from order_models
)

select * from final
