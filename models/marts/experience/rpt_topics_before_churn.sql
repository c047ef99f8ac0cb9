with losses as (
    select
        churns.customer_id,
        churns.churned_at,
        churns.churned_on,
        churns.churn_type,
        {%- for segment in attribute_segments() %}
        customers.{{ segment }},
        {%- endfor %}
        changes.previous_plan_id as plan
    from {{ ref("int_churn_events") }} as churns
    inner join {{ ref("int_customer_changes") }} as changes
        on churns.customer_id = changes.customer_id and churns.churned_at = changes.changed_at
    left join {{ ref("int_customers") }} as customers
        on churns.customer_id = customers.customer_id
),

texts as (
    select
        losses.*,
        texts.source,
        texts.text_id
    from losses
    inner join {{ ref("thresholds") }} as days_before
        on days_before.threshold = 'topic_before_churn_days'
    inner join {{ ref("int_texts_of_customers") }} as texts
        on
            losses.customer_id = texts.customer_id
            and losses.churned_at >= texts.said_at
            and losses.churned_at <= {{ days_later("texts.said_at", "days_before.value") }}
),

-- a loss counts once for each topic that its customer spoke of, and once where topic is null: among all who wrote
spoken as (
    select distinct
        customer_id,
        churned_at,
        churned_on,
        churn_type,
        {%- for segment in attribute_segments() + ["plan"] %}
        {{ segment }},
        {%- endfor %}
        source,
        cast(null as {{ dbt.type_string() }}) as topic,
        0 as sentiment
    from texts
    union all
    select
        texts.customer_id,
        texts.churned_at,
        texts.churned_on,
        texts.churn_type,
        {%- for segment in attribute_segments() + ["plan"] %}
        texts.{{ segment }},
        {%- endfor %}
        texts.source,
        topics.topic,
        case when sum(topics.sentiment) > 0 then 1 when sum(topics.sentiment) < 0 then -1 else 0 end as sentiment
    from texts
    inner join {{ ref("int_text_topics") }} as topics
        on texts.text_id = topics.text_id
    group by
        texts.customer_id, texts.churned_at, texts.churned_on, texts.churn_type,
        {%- for segment in attribute_segments() + ["plan"] %} texts.{{ segment }}, {%- endfor %} texts.source, topics.topic
),

in_segments as (
    {{ in_segments("spoken") }}
),

in_periods as (
    {{ in_periods("in_segments", "churned_on") }}
),

sums as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type,
        reported_value as segment_value,
        churn_type,
        source,
        topic,
        count(*) as losses,
        sum(sentiment) as sentiment
    from ({{ as_reported("in_periods") }}) as reported
    group by
        period_grain, period_start, period_end, is_complete_period, segment_type, reported_value,
        churn_type, source, topic
),

final as (
    select
        sums.period_grain,
        sums.period_start,
        sums.period_end,
        sums.is_complete_period,
        sums.segment_type,
        sums.segment_value,
        sums.churn_type,
        sums.source,
        sums.topic,
        sums.losses,
        wrote.losses as losses_with_text,
        {{ ratio("sums.losses", "wrote.losses") }} as share,
        {{ wilson("sums.losses", "wrote.losses", "lower") }} as share_lower,
        {{ wilson("sums.losses", "wrote.losses", "upper") }} as share_upper,
        {{ ratio("sums.sentiment", "sums.losses") }} as mean_sentiment
    from sums
    inner join sums as wrote
        on
            sums.period_grain = wrote.period_grain
            and sums.period_start = wrote.period_start
            and sums.segment_type = wrote.segment_type
            and sums.segment_value = wrote.segment_value
            and sums.churn_type = wrote.churn_type
            and sums.source = wrote.source
            and wrote.topic is null
    where sums.topic is not null
)

select * from final
