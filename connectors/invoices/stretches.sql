-- The terms and credits that cover each stretch of days between two edges of a subscription's periods.
with edges as (
    select distinct subscription, unnest([first_day, until]) as day from terms
),

stretches as (
    select subscription, day, lead(day) over (partition by subscription order by day) as next_edge from edges
)

select stretches.day, stretches.next_edge, terms.*
from stretches
inner join terms
    on terms.subscription = stretches.subscription
    and terms.first_day <= stretches.day and terms.until > stretches.day
