{#-
    What an increment takes out of the sums: the movements of the touched customers as the last build stored them, before
    they are replaced. Nothing in a full build.
-#}
{%- set touched = ref("int_touched_customers") -%}
{%- if is_increment() %}
select *
from {{ api.Relation.create(target.database, "intermediate", "int_movements_with_segments") }}
where customer_id in (select customer_id from {{ touched }})
{%- else %}
select customer_id
from {{ touched }}
where false
{%- endif %}
