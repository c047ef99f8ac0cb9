{#
    Of the versions of a row that are known and can be used exactly one counts, whatever the raw table's files hold. For
    the base_ models; the raw table's key is that of models/staging/raw_sources.yml.
    When it fails: the rows it returns are keys of which none, or several, are accepted.
#}
{% test one_version_counts(model) %}
{%- if execute %}
{%- set keys = version_key(contract_table(model.identifier.split("__")[1])) -%}
select
    {{ keys | join(",\n    ") }},
    count(case when row_status = 'accepted' then 1 end) as accepted_rows
from {{ model }}
where row_status in ('accepted', 'duplicate')
group by {{ keys | join(", ") }}
having count(case when row_status = 'accepted' then 1 end) <> 1
{%- endif %}
{% endtest %}
