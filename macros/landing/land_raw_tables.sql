{#
    Make schema `raw` from the landing folder, all of it or nothing: on-run-start of every command that builds models.
    The statements come from warehouse/landing.py, which has checked the folder against the input contract.
#}
{% macro land_raw_tables() %}
    {% do check_settings() %}
    {% if execute and flags.WHICH in ("build", "run") %}
        {% set plan = fromjson(run_query("select landing_plan() as plan").columns[0][0]) %}
        {% if plan.problem %}
            {% do exceptions.raise_compiler_error(plan.problem) %}
        {% endif %}
        {% do run_query("begin; " ~ plan.statements | join("; ") ~ "; commit") %}
    {% endif %}
{% endmacro %}
