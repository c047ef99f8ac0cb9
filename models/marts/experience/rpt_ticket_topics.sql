with final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type,
        segment_value,
        topic,
        texts as tickets,
        all_texts as tickets_total,
        share,
        share_lower,
        share_upper,
        mean_sentiment,
        usual_share,
        is_rising
    from {{ ref("int_topic_shares") }}
    where source = 'ticket'
)

select * from final
