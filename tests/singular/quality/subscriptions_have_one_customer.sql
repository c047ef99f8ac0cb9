-- What: the events of a subscription name one customer. Where they name several, the first one's is taken.
-- When it warns: a subscription id is used for two customers (make the ids unique), or a subscription was handed over
--                (end it and start another for the new customer). A warning, because the numbers are right for the first.
{{ config(severity="warn") }}

select
    subscription_id,
    count(distinct customer_id) as customers
from {{ ref("stg_billing__subscription_events") }}
group by subscription_id
having count(distinct customer_id) > 1
