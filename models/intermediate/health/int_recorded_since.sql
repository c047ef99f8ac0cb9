{#- Since when each kind of thing that customers are described by is recorded of anybody: before, nobody is known to do none. -#}
with use as (
    select
        min(month_start) as use_since,
        min(case when features_used > 0 then month_start end) as features_since,
        -- a list of core features of which nobody ever uses one is about another product
        min(case when core_features_used > 0 then month_start end) as core_features_since,
        min(case when advanced_features_used > 0 then month_start end) as advanced_features_since,
        min(case when active_seats is not null then month_start end) as seats_since
    from {{ ref("int_engagement_months") }}
),

tickets as (
    select min(happened_on) as tickets_since
    from {{ ref("int_support_ticket_events") }}
),

failures as (
    select min(failed_on) as failures_since
    from {{ ref("int_payment_failures") }}
),

surveys as (
    select min(sent_on) as surveys_since
    from {{ ref("int_surveys") }}
    where subject is null and customer_id is not null
),

contacts as (
    select min({{ reporting_date("contacted_at") }}) as contacts_since
    from {{ ref("int_contacts") }}
    where not is_control
)

select
    use.use_since,
    use.features_since,
    use.core_features_since,
    use.advanced_features_since,
    use.seats_since,
    tickets.tickets_since,
    failures.failures_since,
    surveys.surveys_since,
    contacts.contacts_since
from use
cross join tickets
cross join failures
cross join surveys
cross join contacts
