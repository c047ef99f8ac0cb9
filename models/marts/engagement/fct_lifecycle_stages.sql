with days as (
    select * from {{ ref("int_customer_days") }}
),

-- a customer grows out of onboarding without anything happening to it
grown as (
    select
        days.*,
        cast(
            {{ dbt.dateadd("day", "cast(onboarding.value as integer)", "days.customer_since") }} as date
        ) as established_on
    from days
    cross join {{ ref("thresholds") }} as onboarding
    where onboarding.threshold = 'onboarding_days' and days.customer_since is not null
),

established as (
    select grown.*
    from grown
    inner join {{ ref("int_report_moment") }} as moment
        on
            grown.established_on <= moment.as_of_on
            and grown.changed_on < grown.established_on
            and coalesce(grown.established_on < grown.next_changed_on, true)
    where grown.is_customer
),

moments as (
    select
        days.customer_id,
        days.changed_on as entered_on,
        days.is_on_trial,
        days.is_customer,
        days.is_live,
        days.is_past_due,
        days.is_renewal_due,
        days.first_joined_on,
        days.first_customer_on,
        days.customer_since,
        grown.established_on
    from days
    left join grown
        on days.customer_id = grown.customer_id and days.changed_on = grown.changed_on
    union all
    select
        customer_id,
        established_on as entered_on,
        is_on_trial,
        is_customer,
        is_live,
        is_past_due,
        is_renewal_due,
        first_joined_on,
        first_customer_on,
        customer_since,
        established_on
    from established
),

staged as (
    select
        customer_id,
        entered_on,
        case
            when is_customer and not is_live then 'paused'
            when is_customer and is_past_due then 'past_due'
            when is_customer and entered_on >= established_on then case when is_renewal_due then 'renewal' else 'established' end
            when is_customer and customer_since > first_customer_on then 'returned'
            when is_customer then 'onboarding'
            when is_on_trial then 'trial'
            when first_joined_on is not null then 'lost'
            else 'prospect'
        end as stage
    from moments
),

compared as (
    select
        *,
        lag(stage) over (partition by customer_id order by entered_on) as previous_stage
    from staged
),

final as (
    select
        customer_id,
        entered_on,
        stage,
        lead(entered_on) over (partition by customer_id order by entered_on) as left_on
    from compared
    where previous_stage is null or stage <> previous_stage
)

select * from final
