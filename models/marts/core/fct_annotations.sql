with annotations as (
    select * from {{ ref("stg_planning__annotations") }}
),

final as (
    select
        annotations.annotated_on,
        annotations.label,
        annotations.kind,
        annotations.segment_type,
        annotations.segment_value
    from annotations
    inner join {{ ref("int_report_moment") }} as moment
        on annotations.annotated_on <= moment.as_of_on
)

select * from final
