{# The grains of every report, the finest first. #}
{% macro period_grains() %}
    {% do return(["day", "week", "month", "quarter", "year"]) %}
{% endmacro %}


{# The grains of so many periods that reports keep less of each: the largest segments, the flags that are raised. #}
{% macro fine_grains() %}
    {% do return(["day", "week"]) %}
{% endmacro %}


{# The grains that cells are counted by: those of few periods. #}
{% macro cell_grains() %}
    {% do return(period_grains() | reject("in", fine_grains()) | list) %}
{% endmacro %}


{# Grains, all of them if none are given, as a relation of a row each. #}
{% macro grain_rows(grains=none) -%}
    {%- for grain in grains or period_grains() %}
    select '{{ grain }}' as period_grain
    {{- " union all" if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{# The start of the period of `period_grain`, one of the grains, that a net change is the whole of; null = of none. #}
{% macro whole_period(grains=none) -%}
    case period_grain {%- for grain in grains or period_grains() %} when '{{ grain }}' then whole_{{ grain }} {%- endfor %} end
{%- endmacro %}


{# Months in a period of a grain; null for days and weeks, which are no whole share of a month. #}
{% macro months_of_grain(period_grain) -%}
    case {{ period_grain }} when 'month' then 1 when 'quarter' then 3 when 'year' then 12 end
{%- endmacro %}
