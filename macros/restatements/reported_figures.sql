{#
    The figures that were reported last: on DuckDB, table reported.segment_periods holds the complete periods of the last
    build that made every model and failed no test. A build that breaks off or fails leaves it as it is.
#}

{# The counts and amounts of fct_segment_periods that are followed. #}
{% macro reported_metrics() %}
    {% do return([
        "customers_start", "customers_new", "customers_reactivated", "customers_churned", "customers_churned_voluntary",
        "customers_churned_involuntary", "customers_churned_unknown", "customers_moved_in", "customers_moved_out",
        "customers_end", "customers_acquired", "customers_lost", "customers_returned", "customers_came_and_went",
        "customers_left_and_returned", "mrr_start", "mrr_new", "mrr_reactivation", "mrr_expansion", "mrr_contraction",
        "mrr_churn", "mrr_moved", "mrr_end",
    ]) %}
{% endmacro %}


{# Whether figures were reported, with all the metrics that there are now. #}
{% macro has_reported_figures() %}
    {% if not execute or target.type != "duckdb" %}
        {% do return(false) %}
    {% endif %}
    {% set found = "select count(*) from information_schema.columns where table_catalog = current_database() and table_schema = 'reported' and table_name = 'segment_periods' and column_name in ('" ~ reported_metrics() | join("', '") ~ "')" %}
    {% do return(run_query(found).columns[0][0] == reported_metrics() | length) %}
{% endmacro %}


{# on-run-end: from now on these are the figures reported last, if every model was made and nothing failed. #}
{% macro remember_reported_figures(results) %}
    {% set failed = results | rejectattr("status", "in", ["success", "pass", "warn"]) | list %}
    {% if execute and target.type == "duckdb" and flags.WHICH == "build" and not failed and not models_not_made(results) %}
        {% do run_query(
            "begin; create schema if not exists reported; create or replace table reported.segment_periods as select *, "
            ~ "(select max(loaded_at) from staging.stg_billing__subscription_events where loaded_at <= " ~ utc_now() ~ ") as loaded_until "
            ~ "from marts.fct_segment_periods where is_complete_period; commit"
        ) %}
    {% endif %}
{% endmacro %}
