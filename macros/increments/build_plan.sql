{#
    Increments: on DuckDB, a build on a warehouse that is there already reads only the new Parquet parts of the events and
    recomputes the subscriptions and customers that they touch. Its tables are those of a full build.

    Schema raw holds what decides it:
        raw.build_plan   this build: is it an increment, why, the as_of of the build that it adds to, and which tables
                         need not be read since their files are the same
        raw.last_build   the last build, only if it made every model; so whatever breaks off, the next build is a full one,
                         and nothing is published (warehouse/publishing.py)
#}

{# Whether this build is an increment. #}
{% macro is_increment() %}
    {% if not execute or model.resource_type == "unit_test" or target.type != "duckdb" or not has_raw_table("build_plan") %}
        {% do return(false) %}
    {% endif %}
    {% do return(run_query("select is_increment from raw.build_plan").columns[0][0]) %}
{% endmacro %}


{# Whether this build is an increment, and the raw table's files are those of the build that it adds to. #}
{% macro is_unchanged(table_name) %}
    {% do return(is_increment() and table_name in fromjson(run_query("select unchanged from raw.build_plan").columns[0][0])) %}
{% endmacro %}


{# Asked by a query: adapter.get_relation would begin a transaction, and landing makes its own. #}
{% macro has_raw_table(name) %}
    {% set found = "select count(*) from information_schema.tables where table_catalog = current_database() and table_schema = 'raw' and table_name = '" ~ name ~ "'" %}
    {% do return(run_query(found).columns[0][0] > 0) %}
{% endmacro %}


{# dbt asks this before it adds to a table: a build that is no increment makes the table anew. #}
{% macro should_full_refresh() %}
    {% do return(not is_increment() if target.type == "duckdb" else flags.FULL_REFRESH) %}
{% endmacro %}


{# The state of the last complete build (see warehouse/increments.py), its as_of and a hash of the rates it used. #}
{% macro last_build() %}
    {% if not has_raw_table("last_build") %}
        {% do return({"state": none, "as_of": none, "rates_until": none, "rates": none}) %}
    {% endif %}
    {% set row = run_query("select state, cast(as_of as text), cast(rates_until as text), rates from raw.last_build").rows[0] %}
    {% do return({"state": fromjson(row[0]), "as_of": row[1], "rates_until": row[2], "rates": row[3]}) %}
{% endmacro %}


{# The dbt vars that stored tables follow from. as_of is no such: what lies between the old and the new one is touched. #}
{% macro stored_settings() %}
    {% set settings = {} %}
    {% for name in ["known_at", "lifecycle", "reporting_currency", "reporting_timezone", "fiscal_year_start_month"] %}
        {% do settings.update({name: var(name) | string}) %}
    {% endfor %}
    {% do return(settings) %}
{% endmacro %}


{# Why an increment is not wanted, in words; empty = it is. #}
{% macro why_no_increment() %}
    {% if flags.FULL_REFRESH %}
        {% do return("--full-refresh asks for it") %}
    {% endif %}
    {% if models_and_seeds() | reject("in", selected_resources) | list %}
        {% do return("only some models were selected") %}
    {% endif %}
    {% do return("") %}
{% endmacro %}


{% macro build_plan_statement(plan, last) -%}
    create table raw.build_plan as
    select
        {{ plan.is_increment }} as is_increment,
        '{{ plan.because | replace("'", "''") }}' as because,
        '{{ tojson(plan.state) | replace("'", "''") }}' as state,
        '{{ tojson(plan.unchanged) }}' as unchanged,
        {{ "cast('" ~ last.as_of ~ "' as timestamp)" if last.as_of else "cast(null as timestamp)" }} as previous_as_of
{%- endmacro %}


{# Why what is new in the landed tables may concern every customer, in words; empty = it does not. #}
{% macro why_all_changed(last) %}
    {% if rates_hash(last.rates_until) != last.rates %}
        {% do return("exchange rates of past days changed") %}
    {% endif %}
    {% if run_query("select lifecycle from intermediate.int_report_moment").columns[0][0] == "activity" %}
        {% do return("customers come and go by orders or use, which are read whole") %}
    {% endif %}
    {% do return("") %}
{% endmacro %}


{# Says what the build will do. #}
{% macro confirm_plan(last) %}
    {% set plan = run_query("select is_increment, because from raw.build_plan").rows[0] %}
    {% set is_increment, because = plan[0], plan[1] %}
    {% set changed = why_all_changed(last) if is_increment else "" %}
    {% if changed %}
        {% set is_increment, because = false, changed %}
        {% do run_query("update raw.build_plan set is_increment = false, because = '" ~ because ~ "'") %}
    {% endif %}
    {% do log(("Increment: " if is_increment else "Full build: ") ~ because, info=true) %}
{% endmacro %}


{# A hash of the landed exchange rates up to a day (text; none = all). #}
{% macro rates_hash(until) %}
    {% set rates %}
        select coalesce(md5(string_agg(rate, chr(10) order by rate)), '') as hash
        from (
            select concat_ws('|', cast(rate_date as text), cast(currency as text), cast(rate_to_reporting as text), cast(loaded_at as text)) as rate
            from raw.exchange_rates
            where coalesce({{ as_contract_type("rate_date", "date") }} <= {{ "cast('" ~ until ~ "' as date)" if until else "date '9999-12-31'" }}, true)
        ) as rates
    {% endset %}
    {% do return(run_query(rates).columns[0][0]) %}
{% endmacro %}


{# on-run-end: remember the build, if it made every model and seed. #}
{% macro remember_build(results) %}
    {% if execute and target.type == "duckdb" and flags.WHICH == "build" and not models_not_made(results) %}
        {% set until = run_query("select cast(cast(greatest((select as_of from intermediate.int_report_moment), (select max(occurred_at) from staging.stg_billing__subscription_events)) as date) as text)").columns[0][0] %}
        {% do run_query(
            "create or replace table raw.last_build as select '" ~ invocation_id ~ "' as invocation_id, plan.state, moment.as_of, "
            ~ ("cast('" ~ until ~ "' as date)" if until else "cast(null as date)") ~ " as rates_until, "
            ~ "'" ~ rates_hash(until) ~ "' as rates from raw.build_plan as plan cross join intermediate.int_report_moment as moment"
        ) %}
    {% endif %}
{% endmacro %}

{% macro models_and_seeds() %}
    {% do return(graph.nodes.values() | selectattr("resource_type", "in", ["model", "seed"]) | map(attribute="unique_id") | list) %}
{% endmacro %}

{% macro models_not_made(results) %}
    {% set made = results | selectattr("status", "equalto", "success") | map(attribute="node.unique_id") | list %}
    {% do return(models_and_seeds() | reject("in", made) | list) %}
{% endmacro %}
