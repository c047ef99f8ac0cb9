{#- What an increment takes out of the sums: the movements of the touched customers as the last build named them. -#}
{%- set touched = ref("int_touched_customers") -%}
{%- if is_increment() %}
select movements.*
from {{ api.Relation.create(target.database, "intermediate", "int_customer_movements") }} as movements
where movements.customer_id in (select touched.customer_id from {{ touched }} as touched)
{%- else %}
select customer_id
from {{ touched }}
where false
{%- endif %}
