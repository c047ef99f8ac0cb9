with in_segments as (
    {{ in_segments(ref("int_customers_who_wrote")) }}
),

spoken as (
    select distinct
        texts.source,
        texts.customer_id,
        texts.quarter_start,
        topics.topic
    from {{ ref("int_texts_of_customers") }} as texts
    inner join {{ ref("int_text_topics") }} as topics
        on texts.text_id = topics.text_id
    where texts.is_customer
),

totals as (
    select
        source,
        segment_type,
        segment_value,
        cast(sum(has_churned) as bigint) as customers_churned,
        cast(sum(1 - has_churned) as bigint) as customers_stayed
    from in_segments
    group by source, segment_type, segment_value
),

counts as (
    select
        in_segments.source,
        in_segments.segment_type,
        in_segments.segment_value,
        spoken.topic,
        cast(sum(in_segments.has_churned) as bigint) as churned_with_topic,
        cast(sum(1 - in_segments.has_churned) as bigint) as stayed_with_topic
    from in_segments
    inner join spoken
        on
            in_segments.source = spoken.source
            and in_segments.customer_id = spoken.customer_id
            and in_segments.quarter_start = spoken.quarter_start
    group by in_segments.source, in_segments.segment_type, in_segments.segment_value, spoken.topic
),

shares as (
    select
        counts.*,
        totals.customers_churned,
        totals.customers_stayed,
        {{ ratio("counts.churned_with_topic", "totals.customers_churned") }} as churned_share,
        {{ wilson("counts.churned_with_topic", "totals.customers_churned", "lower") }} as churned_share_lower,
        {{ wilson("counts.churned_with_topic", "totals.customers_churned", "upper") }} as churned_share_upper,
        {{ ratio("counts.stayed_with_topic", "totals.customers_stayed") }} as stayed_share,
        {{ wilson("counts.stayed_with_topic", "totals.customers_stayed", "lower") }} as stayed_share_lower,
        {{ wilson("counts.stayed_with_topic", "totals.customers_stayed", "upper") }} as stayed_share_upper
    from counts
    inner join totals
        on
            counts.source = totals.source
            and counts.segment_type = totals.segment_type
            and counts.segment_value = totals.segment_value
),

final as (
    select
        segment_type,
        segment_value,
        source,
        topic,
        customers_churned,
        customers_stayed,
        churned_with_topic,
        stayed_with_topic,
        churned_share,
        churned_share_lower,
        churned_share_upper,
        stayed_share,
        stayed_share_lower,
        stayed_share_upper,
        churned_share - stayed_share as difference,
        {{ newcombe("churned_share", "stayed_share", "lower") }} as difference_lower,
        {{ newcombe("churned_share", "stayed_share", "upper") }} as difference_upper,
        {{ ratio("churned_with_topic", "churned_with_topic + stayed_with_topic") }} as churn_rate_with_topic,
        {{ ratio(
            "customers_churned - churned_with_topic",
            "customers_churned - churned_with_topic + customers_stayed - stayed_with_topic"
        ) }} as churn_rate_without_topic
    from shares
)

select * from final
