{#
    The key of a table: no part of it is null, and no two rows share it. One scan for both.
    When it fails: the rows it returns are the broken keys and how many rows share each.
#}
{% test unique_key(model, columns) %}
select
    {{ columns | join(",\n    ") }},
    count(*) as row_count
from {{ model }}
group by {{ columns | join(", ") }}
having
    count(*) > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}
{% endtest %}
