-- The stages of fct_lifecycle_stages lead from one to the next: none is empty, they neither overlap nor leave a gap, no
-- stage follows itself, and exactly one is open.
-- When it fails: the rows returned are the stages that end before or after the next one begins, or do not differ from it.
with stages as (
    select
        customer_id,
        entered_on,
        stage,
        left_on,
        lead(entered_on) over (partition by customer_id order by entered_on) as next_entered_on,
        lead(stage) over (partition by customer_id order by entered_on) as next_stage
    from {{ ref("fct_lifecycle_stages") }}
)

select *
from stages
where
    left_on is distinct from next_entered_on
    or left_on <= entered_on
    or stage = next_stage
