{#
    Stops the build at the seed anomaly_metrics, before any report is made, with one message that names each metric that is
    not known by month.
#}
{% macro check_anomaly_metrics(seed) %}
    {% set problems, known = [], metrics_by_name() %}
    {% if execute %}
        {% for row in run_query("select metric, n_metric from " ~ seed ~ " order by metric") %}
            {% for metric in [row["metric"], row["n_metric"]] if "month" not in known.get(metric, {}).get("grains", []) %}
                {% do problems.append(metric ~ (did_you_mean(metric | string, known) | trim)) %}
            {% endfor %}
        {% endfor %}
    {% endif %}
    {% if problems %}
        {% do exceptions.raise_compiler_error(
            "Please mend seeds/anomaly_metrics.csv: these metrics are not known by month: " ~ problems | join("; ")
            ~ ". Known are " ~ known | join(", ")
        ) %}
    {% endif %}
{% endmacro %}
