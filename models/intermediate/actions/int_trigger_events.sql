{#-
    What triggers are to announce: losses of customers, and returns of the lost. One row per time in which somebody was a
    customer, or was lost, with the day on which it began and that on which it ended so.
-#}
with times as (
    select
        'customers' as applies_to,
        customer_id,
        began_at,
        ended_at
    from {{ ref("int_customer_spells") }}
    union all
    select
        'lost' as applies_to,
        customer_id,
        ended_at as began_at,
        returned_at as ended_at
    from {{ ref("int_customer_spells") }}
    where ended_at is not null
)

select
    applies_to,
    customer_id,
    began_at,
    {{ reporting_date("began_at") }} as began_on,
    ended_at,
    {{ reporting_date("ended_at") }} as ended_on
from times
