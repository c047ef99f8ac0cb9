{#
    Make schema `raw` from the landing folder, all of it or nothing: on-run-start of every command that builds models.
    On DuckDB it happens here, in the statements of warehouse/landing.py, which has checked the folder against the input
    contract. On the other engines `make build TARGET=...` lands first (warehouse/land.py), and this looks whether it did.
#}
{% macro land_raw_tables() %}
    {% do check_settings() %}
    {% if execute and flags.WHICH in ("build", "run") %}
        {% do check_segments() %}
        {% do adapter.dispatch("land_raw_tables")() %}
    {% endif %}
{% endmacro %}

{% macro duckdb__land_raw_tables() %}
    {% if only_marts_are_selected() and has_table("raw", "last_build") %}
        {% do log("Only marts: made from what the last build stored; the landing folder is not read.", info=true) %}
        {% do return("") %}
    {% endif %}
    {% do settle_figures() %}
    {% set last = last_build() %}
    {% set landing = fromjson(run_query("select landing_plan() as landing").columns[0][0]) %}
    {% if landing.problem %}
        {% do exceptions.raise_compiler_error(landing.problem) %}
    {% endif %}
    {% for line in landing.warnings %}
        {% do log("Warning: " ~ line, info=true) %}
    {% endfor %}
    {% do run_query("begin; " ~ landing.statements | join("; ") ~ "; commit") %}
    {% do plan_build(last) %}
{% endmacro %}

{# Whether every model and seed that this build makes is a mart that reads no raw table: what it reads is there, as the last complete build left it. #}
{% macro only_marts_are_selected() %}
    {% if flags.FULL_REFRESH or partial_option() %}
        {% do return(false) %}
    {% endif %}
    {% for node in graph.nodes.values() if node.resource_type in ["model", "seed"] and node.unique_id in selected_resources %}
        {% if node.schema != "marts" or "source." in node.depends_on.nodes | join(" ") %}
            {% do return(false) %}
        {% endif %}
    {% endfor %}
    {% do return(true) %}
{% endmacro %}

{% macro default__land_raw_tables() %}
    {% set raw = generate_schema_name("raw", none) | trim %}
    {% if not adapter.get_relation(target.database, raw, "unreadable_lines") %}
        {% do exceptions.raise_compiler_error("Schema " ~ raw ~ " is not there. Land the raw tables first: make build TARGET=" ~ target.name ~ " lands and builds.") %}
    {% endif %}
{% endmacro %}


{# Run statements as they are, on the target's own connection: what warehouse/landing_spark.py has to say to Spark. #}
{% macro run_statements(statements) %}
    {% for statement in statements %}
        {% do run_query(statement) %}
    {% endfor %}
{% endmacro %}
