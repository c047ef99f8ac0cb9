{#- What a message may be opened in: nobody measures who opens a text message, and a call is none. -#}
{%- set is_message = "coalesce(channel, 'mail') in ('mail', 'push')" -%}
{%- set groups = {"": "not is_control", "_controls": "is_control"} -%}

with contacts as (
    {{ in_segments(ref("int_contact_outcomes"), plan=false) }}
),

contacts_by_channel as (
    select
        'all' as channel_shown,
        contacts.*
    from contacts
    union all
    -- nobody was held out of one channel
    select
        coalesce(channel, '(none)') as channel_shown,
        contacts.*
    from contacts
    where not is_control
),

counts as (
    select
        campaign,
        coalesce(trigger_code, '(none)') as trigger_code,
        channel_shown as channel,
        segment_type,
        segment_value,
        max(metric) as metric,
        count(case when not is_control then 1 end) as contacted,
        count(case when not is_control and {{ is_message }} then 1 end) as messages,
        count(case when {{ is_message }} then opened_at end) as opened,
        count(clicked_at) as clicked,
        count(replied_at) as replied,
        count(case when is_control then 1 end) as controls,
        count(case when is_contacted_after_all then 1 end) as controls_contacted,
        count(case when not is_control and not is_over and metric is not null then 1 end) as still_open,
        {%- for group, condition in groups.items() %}
        count(case when {{ condition }} then value end) as judged{{ group }},
        count(case when {{ condition }} and value > 0 then 1 end) as converted{{ group }},
        sum(case when {{ condition }} then mrr_gained end) as mrr_gained{{ group }},
        sum(case when {{ condition }} then received end) as received{{ group }},
        {%- endfor %}
        min(contacted_at) as first_contacted_at,
        max(contacted_at) as last_contacted_at
    from contacts_by_channel
    group by campaign, coalesce(trigger_code, '(none)'), channel_shown, segment_type, segment_value
),

rates as (
    select
        *,
        {%- for group in groups %}
        {{ ratio("converted" ~ group, "judged" ~ group) }} as conversion_rate{{ group }},
        {{ wilson("converted" ~ group, "judged" ~ group, "lower") }} as conversion_rate{{ group }}_lower,
        {{ wilson("converted" ~ group, "judged" ~ group, "upper") }} as conversion_rate{{ group }}_upper,
        {%- endfor %}
        {{ ratio("opened", "messages") }} as open_rate,
        {{ ratio("clicked", "contacted") }} as click_rate,
        {{ ratio("replied", "contacted") }} as reply_rate
    from counts
),

final as (
    select
        campaign,
        trigger_code,
        channel,
        segment_type,
        segment_value,
        metric,
        first_contacted_at,
        last_contacted_at,
        contacted,
        messages,
        opened,
        clicked,
        replied,
        open_rate,
        click_rate,
        reply_rate,
        still_open,
        judged,
        converted,
        conversion_rate,
        conversion_rate_lower,
        conversion_rate_upper,
        controls,
        controls_contacted,
        judged_controls,
        converted_controls,
        conversion_rate_controls,
        conversion_rate_controls_lower,
        conversion_rate_controls_upper,
        conversion_rate - conversion_rate_controls as lift,
        {{ newcombe("conversion_rate", "conversion_rate_controls", "lower") }} as lift_lower,
        {{ newcombe("conversion_rate", "conversion_rate_controls", "upper") }} as lift_upper,
        cast(mrr_gained as decimal(38, 6)) as mrr_gained,
        cast(mrr_gained_controls as decimal(38, 6)) as mrr_gained_controls,
        cast(received as decimal(38, 6)) as received,
        cast(received_controls as decimal(38, 6)) as received_controls
    from rates
)

select * from final
