{#-
    What an increment takes out of the sums: the movements of the touched customers as the last build counted them. It
    reads four tables of that build, so each of them waits for this model before it is made anew.
-#}
{%- set touched = ref("int_touched_customers") -%}
{%- if is_increment() %}
{%- set last_tables = [] -%}
{%- for table in ["int_customer_changes", "int_calendar_periods", "int_customers", "int_churn_events"] -%}
    {%- do last_tables.append(api.Relation.create(target.database, "intermediate", table)) -%}
{%- endfor %}
{{ movements_of_touched(*last_tables, touched=touched) }}
{%- else %}
select customer_id
from {{ touched }}
where false
{%- endif %}
