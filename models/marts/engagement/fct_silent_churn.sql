with payers as (
    select
        changes.customer_id,
        changes.mrr,
        {{ reporting_date("changes.became_customer_at") }} as customer_since,
        moment.as_of_on
    from {{ ref("int_customer_changes") }} as changes
    cross join {{ ref("int_report_moment") }} as moment
    where changes.next_changed_at is null and changes.is_active and changes.mrr > 0
),

mrr_changes as (
    select
        customer_id,
        max(changed_on) as mrr_flat_since
    from {{ ref("int_customer_changes") }}
    where mrr <> previous_mrr
    group by customer_id
),

adoptions as (
    select
        customer_id,
        count(*) as features_adopted,
        max(first_used_on) as last_feature_adopted_on
    from {{ ref("int_feature_adoptions") }}
    group by customer_id
),

uses as (
    select
        customer_id,
        max(last_used_on) as last_used_on
    from {{ ref("int_engagement_months") }}
    group by customer_id
),

-- what nobody does is not recorded rather than not done
recorded as (
    select
        (select min(adoptions.first_used_on) from {{ ref("int_feature_adoptions") }} as adoptions) as features_since,
        (select min(months.month_start) from {{ ref("int_engagement_months") }} as months) as use_since,
        max(last_used_on) as use_until
    from uses
),

evidence as (
    select
        payers.*,
        mrr_changes.mrr_flat_since,
        coalesce(adoptions.features_adopted, 0) as features_adopted,
        adoptions.last_feature_adopted_on,
        uses.last_used_on,
        -- of a customer that never did, from when it could have
        greatest(mrr_changes.mrr_flat_since, payers.customer_since, adoptions.last_feature_adopted_on, recorded.features_since)
            as nothing_new_since,
        greatest(payers.customer_since, uses.last_used_on, recorded.use_since) as no_use_since,
        recorded.features_since,
        recorded.use_until
    from payers
    cross join recorded
    left join mrr_changes
        on payers.customer_id = mrr_changes.customer_id
    left join adoptions
        on payers.customer_id = adoptions.customer_id
    left join uses
        on payers.customer_id = uses.customer_id
),

judged as (
    select
        evidence.*,
        coalesce(
            evidence.features_since is not null
            and evidence.nothing_new_since
            < cast({{ dbt.dateadd("month", "-cast(flat.value as integer)", "evidence.as_of_on") }} as date), false
        ) as is_flat,
        coalesce(
            evidence.no_use_since
            < cast({{ dbt.dateadd("day", "-cast(unused.value as integer)", "evidence.as_of_on") }} as date)
            -- while others were seen to use it
            and evidence.use_until
            >= cast({{ dbt.dateadd("day", "-cast(unused.value as integer)", "evidence.as_of_on") }} as date), false
        ) as is_unused
    from evidence
    inner join {{ ref("thresholds") }} as flat
        on flat.threshold = 'silent_churn_months'
    inner join {{ ref("thresholds") }} as unused
        on unused.threshold = 'usage_churn_days'
),

final as (
    select
        customer_id,
        is_flat,
        is_unused,
        cast(mrr as decimal(38, 6)) as mrr,
        mrr_flat_since,
        cast(features_adopted as bigint) as features_adopted,
        last_feature_adopted_on,
        last_used_on,
        case when is_flat then nothing_new_since end as nothing_new_since,
        case when is_unused then no_use_since end as no_use_since
    from judged
    where is_flat or is_unused
)

select * from final
