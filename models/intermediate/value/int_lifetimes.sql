{#- The lifetime model of every segment: its own, or that of all customers where it has too few losses for one. -#}
{%- set fitted_columns = {
    "alpha": "double", "alpha_lower": "double", "alpha_upper": "double",
    "beta": "double", "beta_lower": "double", "beta_upper": "double",
    "log_likelihood": "double",
    "residual_lifetime": "double", "residual_lifetime_lower": "double", "residual_lifetime_upper": "double",
    "survival": "double",
    "fit_note": "string",
} -%}
{%- set key_columns = {"is_backtest": "boolean", "segment_type": "string", "segment_value": "string", "age_months": "integer"} -%}

with fitted as (
    {{ python_model("int_lifetimes_fitted", dict(key_columns, **fitted_columns)) }}
),

segments as (
    select
        is_backtest,
        segment_type,
        segment_value,
        sum(customers) as customers,
        sum(case when is_lost then customers else 0 end) as losses
    from {{ ref("int_tenure_counts") }}
    group by is_backtest, segment_type, segment_value
),

chosen as (
    select
        segments.*,
        own.segment_type is null and segments.segment_type <> 'all' as is_fallback,
        case when own.segment_type is null then 'all' else own.segment_type end as model_segment_type,
        case when own.segment_type is null then 'all' else own.segment_value end as model_segment_value
    from segments
    left join fitted as own
        on
            segments.is_backtest = own.is_backtest
            and segments.segment_type = own.segment_type
            and segments.segment_value = own.segment_value
            and own.age_months = 0
)

select
    chosen.is_backtest,
    chosen.segment_type,
    chosen.segment_value,
    coalesce(fitted.age_months, 0) as age_months,
    chosen.customers,
    chosen.losses,
    case when chosen.is_fallback and fitted.alpha is not null then 'all' end as fallback_segment_value,
    {%- for column in fitted_columns if column != "fit_note" %}
    fitted.{{ column }},
    {%- endfor %}
    case
        when fitted.alpha is null then 'no customer has been lost yet'
        when chosen.is_fallback then 'too few losses: the model of all customers'
        else fitted.fit_note
    end as fit_note
from chosen
left join fitted
    on
        chosen.is_backtest = fitted.is_backtest
        and chosen.model_segment_type = fitted.segment_type
        and chosen.model_segment_value = fitted.segment_value
