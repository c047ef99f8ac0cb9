select
    -- ids
    customer_id,
    -- times
    created_at,
    loaded_at,
    -- text
    {%- for attribute in customer_attributes() %}
    {{ attribute }},
    {%- endfor %}
    owner,
    email
from {{ ref("base_crm__customers") }}
where row_status = 'accepted'
