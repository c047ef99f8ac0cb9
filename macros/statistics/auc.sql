{#
    A bound of the 95% interval of an area under the ROC curve, cut off at 0 and 1; null where there is no area.
    Hanley and McNeil (1982), Radiology 143, 29-36.

    Arguments: auc, events and others (columns: how many there are of those that should come first, and of those that should
    not); bound ('lower' or 'upper').
#}
{% macro auc_bound(auc, events, others, bound) -%}
    {%- set one_event = auc ~ " / (2 - " ~ auc ~ ") - " ~ auc ~ " * " ~ auc -%}
    {%- set one_other = "2 * " ~ auc ~ " * " ~ auc ~ " / (1 + " ~ auc ~ ") - " ~ auc ~ " * " ~ auc -%}
    {%- set variance -%}
        ({{ auc }} * (1 - {{ auc }}) + ({{ events }} - 1) * ({{ one_event }}) + ({{ others }} - 1) * ({{ one_other }}))
        / {{ as_double(events) }} / {{ as_double(others) }}
    {%- endset -%}
    case
        when {{ auc }} is not null
            then {{ "greatest" if bound == "lower" else "least" }}(
                {{ auc }} {{ "-" if bound == "lower" else "+" }} 1.959963984540054e0 * sqrt(greatest({{ variance }}, 0)),
                {{ "0" if bound == "lower" else "1" }}
            )
    end
{%- endmacro %}
