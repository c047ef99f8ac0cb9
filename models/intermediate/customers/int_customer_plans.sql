{#-
    The plan of a customer that has had several subscriptions, at each of its instants: that of the active subscription
    with the highest MRR, then the earliest start, then the lowest id.

    A segment tree keeps this at n log n even for a customer with a million changes. The customer's instants are the
    leaves of a binary tree. A subscription's stretch of instants is written on the few nodes that cover it exactly,
    the best stretch of each node is kept, and an instant takes the best of the nodes above it.
-#}
with customers_of_several as (
    select customer_id
    from {{ ref("int_subscription_states") }}
    where {{ is_touched("customer_id", ref("int_touched_customers")) }}
    group by customer_id
    having min(subscription_id) <> max(subscription_id)
),

states as (
    select *
    from {{ ref("int_subscription_states") }}
    where customer_id in (select customers_of_several.customer_id from customers_of_several)
),

instants as (
    select
        customer_id,
        changed_at,
        row_number() over (partition by customer_id order by changed_at) as instant_number,
        count(*) over (partition by customer_id) as instants
    from (
        select distinct
            customer_id,
            valid_from as changed_at
        from states
    ) as changed
),

tree_levels as (
    select cast(power(2, generated_number - 1) as bigint) as width
    from ({{ dbt.generate_series(32) }}) as levels
),

stretches as (
    -- [first_instant, end_instant) during which an active subscription has one plan and MRR
    select
        states.customer_id,
        states.subscription_id,
        states.plan_id,
        states.mrr,
        min(case when states.is_active then states.valid_from end) over (partition by states.subscription_id) as started_at,
        states.is_active,
        instants.instants,
        instants.instant_number as first_instant,
        lead(instants.instant_number) over (partition by states.subscription_id order by states.valid_from) as end_instant
    from states
    inner join instants
        on states.customer_id = instants.customer_id and states.valid_from = instants.changed_at
),

nodes as (
    select
        stretches.*,
        tree_levels.width,
        ceil(stretches.first_instant * 1.0 / tree_levels.width) as first_node,
        floor(coalesce(stretches.end_instant, stretches.instants + 1) * 1.0 / tree_levels.width) as end_node
    from stretches
    inner join tree_levels
        on tree_levels.width <= stretches.instants + 1
    where stretches.is_active
),

covering_nodes as (
    select
        *,
        first_node as node
    from nodes
    where first_node < end_node and mod(cast(first_node as bigint), 2) = 1
    union all
    select
        *,
        end_node - 1 as node
    from nodes
    where first_node < end_node and mod(cast(end_node as bigint), 2) = 1
),

node_winners as (
    select
        *,
        row_number() over (partition by customer_id, width, node order by mrr desc, started_at asc, subscription_id asc) as place
    from covering_nodes
),

nodes_above as (
    -- by itself: joined in one go with the winners, an engine may compare all instants of a customer with all its nodes
    select
        instants.customer_id,
        instants.changed_at,
        tree_levels.width,
        floor(instants.instant_number * 1.0 / tree_levels.width) as node
    from instants
    inner join tree_levels
        on tree_levels.width <= instants.instants + 1
),

candidates as (
    select
        nodes_above.customer_id,
        nodes_above.changed_at,
        node_winners.plan_id,
        row_number() over (
            partition by nodes_above.customer_id, nodes_above.changed_at
            order by node_winners.mrr desc, node_winners.started_at asc, node_winners.subscription_id asc
        ) as place
    from nodes_above
    inner join node_winners
        on
            nodes_above.customer_id = node_winners.customer_id
            and nodes_above.width = node_winners.width
            and nodes_above.node = node_winners.node
    where node_winners.place = 1
)

select
    customer_id,
    changed_at,
    plan_id
from candidates
where place = 1
