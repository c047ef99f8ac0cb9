{#- What is usual is what the last periods in which there were texts had. -#}
{%- set segment_keys = "source, period_grain, segment_type, segment_value" -%}
{%- set periods = "partition by " ~ segment_keys ~ " order by period_start" -%}
{%- set periods_of_topic = "partition by " ~ segment_keys ~ ", topic order by period_number" -%}
{%- set before = "between 6 preceding and 1 preceding" -%}

with texts as (
    select * from {{ ref("int_texts_of_customers") }}
    where source in ('survey', 'ticket')
),

-- each text once by itself and once for each topic of it, so that one pass counts both
said as (
    select
        texts.*,
        cast(null as {{ dbt.type_string() }}) as topic,
        0 as sentiment
    from texts
    union all
    select
        texts.*,
        topics.topic,
        topics.sentiment
    from texts
    inner join {{ ref("int_text_topics") }} as topics
        on texts.text_id = topics.text_id
),

in_segments as (
    {{ in_segments("said") }}
),

-- by day first: the other grains are sums of days
daily as (
    select
        source,
        said_on,
        segment_type,
        segment_value,
        topic,
        count(*) as texts,
        sum(sentiment) as sentiment
    from in_segments
    group by source, said_on, segment_type, segment_value, topic
),

in_periods as (
    {{ in_periods("daily", "said_on") }}
),

sums as (
    select
        source,
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type,
        reported_value as segment_value,
        topic,
        cast(sum(texts) as bigint) as texts,
        cast(sum(sentiment) as bigint) as sentiment
    from ({{ as_reported("in_periods") }}) as reported
    group by source, period_grain, period_start, period_end, is_complete_period, segment_type, reported_value, topic
),

totals as (
    select
        source,
        period_grain,
        period_start,
        segment_type,
        segment_value,
        texts,
        row_number() over ({{ periods }}) as period_number,
        sum(texts) over ({{ periods }} rows {{ before }}) as texts_before,
        count(*) over ({{ periods }} rows {{ before }}) as periods_before
    from sums
    where topic is null
),

shares as (
    select
        sums.*,
        totals.texts as all_texts,
        totals.period_number,
        totals.texts_before,
        totals.periods_before,
        {{ ratio("sums.texts", "totals.texts") }} as share
    from sums
    inner join totals
        on
            sums.source = totals.source
            and sums.period_grain = totals.period_grain
            and sums.period_start = totals.period_start
            and sums.segment_type = totals.segment_type
            and sums.segment_value = totals.segment_value
    where sums.topic is not null
),

compared as (
    select
        *,
        {{ wilson("texts", "all_texts", "lower") }} as share_lower,
        {{ wilson("texts", "all_texts", "upper") }} as share_upper,
        -- a period without the topic has no row, and adds nothing
        {{ ratio("coalesce(sum(texts) over (" ~ periods_of_topic ~ " range " ~ before ~ "), 0)", "texts_before") }} as usual_share,
        coalesce(max(share) over ({{ periods_of_topic }} range {{ before }}), 0) as highest_share_before
    from shares
)

select
    compared.source,
    compared.period_grain,
    compared.period_start,
    compared.period_end,
    compared.is_complete_period,
    compared.segment_type,
    compared.segment_value,
    compared.topic,
    compared.texts,
    compared.all_texts,
    compared.share,
    compared.share_lower,
    compared.share_upper,
    {{ ratio("compared.sentiment", "compared.texts") }} as mean_sentiment,
    compared.usual_share,
    case
        when compared.is_complete_period and compared.periods_before >= 3
            then
                compared.texts >= least_texts.value
                -- more than chance gives, and more than any of them had
                and compared.share_lower > compared.usual_share
                and compared.share > compared.highest_share_before
    end as is_rising
from compared
cross join {{ ref("thresholds") }} as least_texts
where least_texts.threshold = 'rising_topic_least_texts'
