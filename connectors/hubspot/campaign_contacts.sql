with people as (
    select lower(contacts.email) as email, min(accounts.known_as) as customer_id
    from used.contacts as contacts
    inner join accounts on accounts.id = contacts.company_id
    group by lower(contacts.email)
),

answers as (
    select
        sent_id,
        min(case when upper(type) = 'OPEN' then as_time(created) end) as opened_at,
        min(case when upper(type) = 'CLICK' then as_time(created) end) as clicked_at
    from used.email_events
    group by sent_id
)

select
    mails.id as contact_id,
    people.customer_id,
    coalesce(campaigns.name, mails.campaign_id, 'unnamed') as campaign,
    as_time(mails.created) as contacted_at,
    answers.opened_at,
    answers.clicked_at,
    'mail' as channel
from used.email_events as mails
inner join people on people.email = lower(mails.recipient)
left join answers on answers.sent_id = mails.id
left join used.email_campaigns as campaigns on campaigns.id = mails.campaign_id
where upper(mails.type) = 'SENT'
