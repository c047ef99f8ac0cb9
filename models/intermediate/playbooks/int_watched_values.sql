{#- Stored: what is usual reads it several times, and Spark would read every report as often. -#}
with asked as (
    {%- for metric in ["metric", "n_metric"] %}
    select
        'month' as period_grain,
        {{ metric }} as metric
    from {{ ref("anomaly_metrics") }}
    {{ "union" if not loop.last }}
    {%- endfor %}
),

final as (
    {{ metric_values("asked", about=["period_grain"], columns=["metric"]) }}
)

select * from final
