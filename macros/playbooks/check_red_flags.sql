{#
    Stops the build at the seed red_flags, before any report is made, with one message that names each row that cannot be
    judged and what may stand there instead.
#}
{% macro check_red_flags(seed) %}
    {% set problems = [] %}
    {% if execute %}
        {% set rows = run_query("select flag_code, metric, operator, threshold, grain from " ~ seed ~ " order by flag_code, grain") %}
        {% for row in rows %}
            {% set problem = red_flag_problem(row["metric"], row["operator"], row["threshold"], row["grain"]) | trim %}
            {% if problem %} {% do problems.append(row["flag_code"] ~ ": " ~ problem) %} {% endif %}
        {% endfor %}
    {% endif %}
    {% if problems %} {% do exceptions.raise_compiler_error("Please mend seeds/red_flags.csv: " ~ problems | join("; ")) %} {% endif %}
{% endmacro %}


{# What is wrong with a red flag; empty = it can be judged. #}
{% macro red_flag_problem(metric, operator, threshold, grain) %}
    {% set metrics, operators, grains = metrics_by_name(), comparisons("value", "bound"), ["all"] + period_grains() %}
    {% if metric not in metrics %}
        the metric '{{ metric }}' is not known{{ did_you_mean(metric | string, metrics) | trim or "." }} Known are {{ metrics | join(", ") }}
    {% elif operator not in operators %}
        the operator '{{ operator }}' is not known. Known are {{ operators | join(", ") }}
    {% elif threshold is none %}
        it has no threshold: use a number, in the unit of {{ metric }} ({{ metrics[metric].unit }})
    {% elif grain not in grains %}
        the grain '{{ grain }}' is not known{{ did_you_mean(grain | string, grains) | trim or "." }} Known are {{ grains | join(", ") }}
    {% elif grain not in ["all"] + metrics[metric].grains %}
        {{ metric }} is not known by {{ grain }}, but by {{ metrics[metric].grains | join(", ") }}
    {% endif %}
{% endmacro %}
