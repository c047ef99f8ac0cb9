{#
    The figures that were reported last. On DuckDB, schema reported holds:
        segment_periods, report            the complete periods that were published last, and of which build they are
        next_segment_periods, next_report  those of the last build that passed: they take the place of the former when the
                                           published file says that it is that build's (warehouse/publishing.py)

    So a build that is not published, whatever the reason, leaves the report as it is. A warehouse of which nothing was
    ever published (plain dbt build) counts every build that passed as reported.
#}

{# The counts and amounts of fct_segment_periods that are followed. #}
{% macro reported_metrics() %}
    {% do return([
        "customers_start", "customers_new", "customers_reactivated", "customers_churned", "customers_churned_voluntary",
        "customers_churned_involuntary", "customers_churned_unknown", "customers_moved_in", "customers_moved_out",
        "customers_end", "customers_acquired", "customers_lost", "customers_returned", "customers_came_and_went",
        "customers_left_and_returned", "mrr_start", "mrr_new", "mrr_reactivation", "mrr_expansion", "mrr_contraction",
        "mrr_churn", "mrr_moved", "mrr_contraction_of_start", "mrr_expansion_of_start", "mrr_end",
    ]) %}
{% endmacro %}


{# Whether figures were reported, with all the metrics that there are now. #}
{% macro has_reported_figures() %}
    {% if not execute or target.type != "duckdb" or not has_table("reported", "report") %}
        {% do return(false) %}
    {% endif %}
    {% set found = "select count(*) from information_schema.columns where table_catalog = current_database() and table_schema = 'reported' and table_name = 'segment_periods' and column_name in ('" ~ reported_metrics() | join("', '") ~ "')" %}
    {% do return(run_query(found).columns[0][0] == reported_metrics() | length) %}
{% endmacro %}


{# Hashes of the events' files behind the figures reported last; none = nothing was reported. #}
{% macro reported_files() %}
    {% if not has_reported_figures() %}
        {% do return(none) %}
    {% endif %}
    {% do return(fromjson(run_query("select event_files from reported.report").columns[0][0])) %}
{% endmacro %}


{# on-run-start: the figures of the last build that passed are the reported ones, if readers saw them. #}
{% macro settle_figures() %}
    {% if not has_table("reported", "next_report") %}
        {% do return("") %}
    {% endif %}
    {% set is_published = run_query("select invocation_id = published_build() from reported.next_report").columns[0][0] %}
    {% set was_published = has_table("reported", "report") and run_query("select is_published from reported.report").columns[0][0] %}
    {% if is_published or not was_published %}
        {% do run_query(
            "begin; drop table if exists reported.segment_periods; alter table reported.next_segment_periods rename to segment_periods; "
            ~ "create or replace table reported.report as select *, " ~ is_published ~ " as is_published from reported.next_report; "
            ~ "drop table reported.next_report; commit"
        ) %}
    {% endif %}
{% endmacro %}


{# on-run-end: the figures of a build that made every model and failed no test, until readers see them. #}
{% macro remember_figures() %}
    {% do run_query(
        "begin; create schema if not exists reported; "
        ~ "create or replace table reported.next_segment_periods as select * from marts.fct_segment_periods where is_complete_period; "
        ~ "create or replace table reported.next_report as select '" ~ invocation_id ~ "' as invocation_id, "
        ~ "(select max(loaded_at) from staging.stg_billing__subscription_events where loaded_at <= " ~ utc_now() ~ ") as loaded_until, "
        ~ "cast(to_json(json_extract(state, '$.files.subscription_events.*[4]')) as text) as event_files from raw.build_plan; commit"
    ) %}
{% endmacro %}
