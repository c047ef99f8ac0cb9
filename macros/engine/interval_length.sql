{#
    How long one charge lasts, to compare: in parts of a month of which a day (12/365 months) and a week (12/52) have whole
    numbers, so that 12 months are as long as a year. Arguments: interval text, interval_count integer.
#}
{% macro interval_length(interval, interval_count) -%}
    case {{ interval }} when 'year' then 56940 when 'quarter' then 14235 when 'week' then 1095 when 'day' then 156 else 4745 end
    * cast({{ interval_count }} as bigint)
{%- endmacro %}
