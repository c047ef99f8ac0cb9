with final as (
    select * from {{ ref("int_churn_models_judged") }}
)

select * from final
