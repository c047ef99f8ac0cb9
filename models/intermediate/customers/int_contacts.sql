{#-
    One row per contact by as_of, those held out as a control group included: what the customer did by then, and by which
    metric of the playbook it is judged. Nobody is asked what a control did with a message that it was never sent.
-#}
select
    contacts.contact_id,
    contacts.customer_id,
    contacts.campaign,
    contacts.trigger_code,
    contacts.channel,
    contacts.contacted_at,
    coalesce(contacts.is_control, false) as is_control,
    {%- for reaction in ["opened_at", "clicked_at", "replied_at"] %}
    case when not coalesce(contacts.is_control, false) and contacts.{{ reaction }} <= moment.as_of then contacts.{{ reaction }} end
        as {{ reaction }},
    {%- endfor %}
    playbook.metric
from {{ ref("stg_marketing__campaign_contacts") }} as contacts
inner join {{ ref("int_report_moment") }} as moment
    on contacts.contacted_at <= moment.as_of
left join {{ ref("playbook") }} as playbook
    on contacts.trigger_code = playbook.trigger_code
