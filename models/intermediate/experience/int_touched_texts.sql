{#-
    The texts that an increment looks at: those that the last build found no topic in, the new ones among them, and those
    that are gone, whose topics go too. What a text is about follows from its words alone.
-#}
{%- set texts = ref("int_texts") -%}
{%- if is_increment() %}
with found as (
    select distinct text_id from {{ api.Relation.create(target.database, "intermediate", "int_text_topics") }}
)

select distinct coalesce(texts.text_id, found.text_id) as text_id
from {{ texts }} as texts
full outer join found
    on texts.text_id = found.text_id
where texts.text_id is null or found.text_id is null
{%- else %}
select text_id
from {{ texts }}
where false
{%- endif %}
