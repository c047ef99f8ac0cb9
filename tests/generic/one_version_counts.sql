{#
    Of the versions of a row that are known and can be used exactly one counts, whatever the raw table's files hold. For
    the base_ models; the raw table's key is that of models/staging/raw_sources.yml. After an increment the keys of its new
    rows are looked at: the others were when they came.
    When it fails: the rows it returns are keys of which none, or several, are accepted.
#}
{% test one_version_counts(model) %}
{%- if execute %}
{%- set table_name = model.identifier.split("__")[1] -%}
{%- set table = contract_table(table_name) -%}
{%- set keys = version_key(table) -%}
select
    {{ keys | join(",\n    ") }},
    count(case when row_status = 'accepted' then 1 end) as accepted_rows
from {{ model }}
where
    row_status in ('accepted', 'duplicate')
    {%- if rows_read(table_name) != "all" %}
    and ({{ keys | join(", ") }}) in (
        select {{ key_names(table) | join(", ") }}
        from ({{ with_version_key(table, "raw.new_" ~ table_name) }}) as new_rows
    )
    {%- endif %}
group by {{ keys | join(", ") }}
having count(case when row_status = 'accepted' then 1 end) <> 1
{%- endif %}
{% endtest %}
