{#
    Increments: on DuckDB, a build on a warehouse that is there already reads only the new Parquet parts of each raw table
    and recomputes what they touch. Its tables are those of a full build.

    Schema raw holds what decides it:
        raw.build_plan   this build: is it an increment, why, the as_of of the build that it adds to and whether its
                         times were dates, and what is read of each raw table
        raw.last_build   the last build, only if it made every model of every row; so whatever breaks off, the next build
                         is a full one, and nothing is published (warehouse/publishing.py)

    Here is what dbt and the warehouse know (build_facts); warehouse/increments.py decides.
#}

{# Whether this build is an increment. #}
{% macro is_increment() %}
    {% if not execute or model.resource_type == "unit_test" or target.type != "duckdb" or not has_table("raw", "build_plan") %}
        {% do return(false) %}
    {% endif %}
    {% do return(run_query("select is_increment from raw.build_plan").columns[0][0]) %}
{% endmacro %}


{# What this build reads of a raw table: 'none' (its files are the same), 'new' (its new parts, raw.new_<table>) or 'all'. #}
{% macro rows_read(table_name) %}
    {% do return(fromjson(run_query("select reads from raw.build_plan").columns[0][0])[table_name] if is_increment() else "all") %}
{% endmacro %}


{# Asked by a query: adapter.get_relation would begin a transaction, and landing makes its own. #}
{% macro has_table(schema, name) %}
    {% set found = "select count(*) from information_schema.tables where table_catalog = current_database() and table_schema = '" ~ schema ~ "' and table_name = '" ~ name ~ "'" %}
    {% do return(run_query(found).columns[0][0] > 0) %}
{% endmacro %}


{#
    Whether this build adds to the model. An increment does not, where the raw table that the model's rows are of (its
    `meta.landed`) is read whole.
#}
{% macro is_added_to() %}
    {% set landed = config.meta_get("landed") %}
    {% do return(is_increment() and (not landed or rows_read(landed) != "all")) %}
{% endmacro %}


{# dbt asks this before it adds to a table: one that is not added to is made anew. #}
{% macro should_full_refresh() %}
    {% do return(not is_added_to() if target.type == "duckdb" else flags.FULL_REFRESH) %}
{% endmacro %}


{# What the columns of raw.last_build mean. Another number for other columns or another content: the warehouse of another version of the project is then built in full. #}
{% macro last_build_format() %}{{ return(3) }}{% endmacro %}


{#
    The last complete build: its state (warehouse/increments.py), as_of, the rates that its events used, the first ones that
    all tables did, what made its customers, and whether its times were dates.
#}
{% macro last_build() %}
    {% set with_format = "select count(*) from information_schema.columns where table_catalog = current_database() and table_schema = 'raw' and table_name = 'last_build' and column_name = 'format'" %}
    {% if run_query(with_format).columns[0][0] %}
        {% for row in run_query("select *, cast(as_of as text) as as_of_text from raw.last_build where format = " ~ last_build_format()).rows %}
            {% do return({
                "state": fromjson(row["state"]), "as_of": row["as_of_text"], "rates_until": fromjson(row["rates_until"]), "rates": row["rates"],
                "first_rates_until": fromjson(row["first_rates_until"]), "first_rates": row["first_rates"],
                "lifecycle": row["lifecycle"], "times_are_dates": row["times_are_dates"],
            }) %}
        {% endfor %}
    {% endif %}
    {% do return({"state": none, "as_of": none, "lifecycle": none, "times_are_dates": none}) %}
{% endmacro %}


{# The dbt vars that stored tables follow from: all but those whose rule says why not. #}
{% macro stored_settings() %}
    {% set settings = {} %}
    {% for name, rule in var("setting_rules").items() if rule.get("is_stored", true) %}
        {% do settings.update({name: var(name) | string}) %}
    {% endfor %}
    {% do return(settings) %}
{% endmacro %}


{# The option of dbt that keeps this build from reading every row; empty = it reads all. #}
{% macro partial_option() %}
    {#- flags knows only the first of them -#}
    {% for option in ["empty", "sample", "event_time_start", "event_time_end"] if invocation_args_dict.get(option) %}
        {% do return("--" ~ option | replace("_", "-")) %}
    {% endfor %}
    {% do return("") %}
{% endmacro %}


{# What warehouse/increments.py decides by, as soon as the raw tables have landed. #}
{% macro build_facts(last) %}
    {% set facts = {
        "full_refresh": flags.FULL_REFRESH,
        "partial_option": partial_option(),
        "all_selected": not models_and_seeds() | reject("in", selected_resources) | list,
        "settings": stored_settings(),
        "last_state": last.state,
        "last_lifecycle": last.lifecycle,
        "rates_changed": last.state is not none and rates_hash(last.rates_until) != last.rates,
        "first_rates_changed": last.state is not none and rates_hash(last.first_rates_until) != last.first_rates,
        "reported_files": reported_files(),
    } %}
    {% do return(facts) %}
{% endmacro %}


{# Decide what this build reads, write it down, and say it. #}
{% macro plan_build(last) %}
    {% set asked = tojson(build_facts(last)) | replace("'", "''") %}
    {% set plan = fromjson(run_query("select build_plan('" ~ asked ~ "') as plan").columns[0][0]) %}
    {% set build_plan %}
        create table raw.build_plan as
        select
            {{ plan.is_increment }} as is_increment,
            '{{ plan.because | replace("'", "''") }}' as because,
            '{{ tojson(plan.state) | replace("'", "''") }}' as state,
            '{{ tojson(plan.reads) }}' as reads,
            {{ "cast('" ~ last.as_of ~ "' as timestamp)" if last.as_of else "cast(null as timestamp)" }} as previous_as_of,
            {{ last.times_are_dates or false }} as were_dates
    {% endset %}
    {% do run_query("begin; " ~ plan.statements | join("; ") ~ "; " ~ build_plan ~ "; commit") %}
    {% do log(("Increment: " if plan.is_increment else "Full build: ") ~ plan.because, info=true) %}
{% endmacro %}


{#
    The last day whose exchange rate the stored events may need, by currency. A row without a rate waits in quarantine
    for one of its own day or before; and what is accepted may be compared, in any currency in use, on the day of any event.
#}
{% macro rates_until() %}
    {% set days %}
        with events as (
            select currency, row_status, cast(occurred_at as date) as occurred_on
            from staging.base_billing__subscription_events
            where occurred_at is not null
        ),
        used as (
            select currency, max(occurred_on) as last_on
            from events
            where currency <> '{{ var("reporting_currency") | upper }}'
            group by currency
        )
        select
            currency,
            cast(greatest(last_on, (select max(occurred_on) from events where row_status <> 'quarantined')) as text) as last_on
        from used
        order by currency
    {% endset %}
    {% do return(by_first_column(days)) %}
{% endmacro %}


{#
    The first day with a rate, by currency: a row of before waits in quarantine. Of a currency in use without a rate any
    day, since whichever comes is the first.
#}
{% macro first_rates_until() %}
    {% set days %}
        select currency, cast(first_rate_date as text) as first_on
        from staging.stg_billing__first_exchange_rates
        {%- for raw_table, base, _ in raw_table_models() if columns_that_are(contract_table(raw_table), "money") %}
        union
        select currency, '9999-12-31' as first_on
        from staging.{{ base }}
        where
            quarantine_reason = 'no_exchange_rate'
            and currency not in (select currency from staging.stg_billing__first_exchange_rates)
        {%- endfor %}
        order by currency
    {% endset %}
    {% do return(by_first_column(days)) %}
{% endmacro %}


{# The second column of a query's rows by the first. #}
{% macro by_first_column(query) %}
    {% set found = {} %}
    {% for row in run_query(query).rows %}
        {% do found.update({row[0]: row[1]}) %}
    {% endfor %}
    {% do return(found) %}
{% endmacro %}


{# A hash of the landed exchange rates, of each currency up to its day. #}
{% macro rates_hash(until) %}
    {% if not until %}
        {% do return("") %}
    {% endif %}
    {% set rates %}
        with used (currency, last_on) as (
            values {% for currency, day in until.items() %}('{{ currency | replace("'", "''") }}', date '{{ day }}'){{ ", " if not loop.last }}{% endfor %}
        ),
        landed as (
            select
                {{ as_contract_type("currency", "currency") }} as currency,
                {{ as_contract_type("rate_date", "date") }} as rate_on,
                concat_ws('|', cast(rate_to_reporting as text), cast(loaded_at as text)) as rate
            from raw.exchange_rates
        )
        select coalesce(md5(string_agg(rate, chr(10) order by rate)), '') as hash
        from (
            select concat_ws('|', landed.currency, cast(landed.rate_on as text), landed.rate) as rate
            from landed
            inner join used
                on landed.currency = used.currency and landed.rate_on <= used.last_on
        ) as rates
    {% endset %}
    {% do return(run_query(rates).columns[0][0]) %}
{% endmacro %}


{#
    on-run-end: remember the build, if it made every model and seed of every row, and its figures, if nothing failed.
    What it read is fixed at its start: if a file that it read through a view is another one since, some models may have
    seen the old one and some the new one, and the build fails.
#}
{% macro remember_build(results) %}
    {% if execute and target.type == "duckdb" and flags.WHICH == "build" and not partial_option() and not models_not_made(results) %}
        {% set until = rates_until() %}
        {% set first_until = first_rates_until() %}
        {% set changed = fromjson(run_query("select changed_files(state) from raw.build_plan").columns[0][0]) %}
        {% if changed %}
            {% do exceptions.raise_compiler_error(changed | join(", ") ~ " changed while the build read the landing folder: build again.") %}
        {% endif %}
        {% do run_query(
            "create or replace table raw.last_build as select " ~ last_build_format() ~ " as format, '" ~ invocation_id ~ "' as invocation_id, plan.state, moment.as_of, moment.lifecycle, moment.times_are_dates, "
            ~ "'" ~ tojson(until) | replace("'", "''") ~ "' as rates_until, '" ~ rates_hash(until) ~ "' as rates, "
            ~ "'" ~ tojson(first_until) | replace("'", "''") ~ "' as first_rates_until, '" ~ rates_hash(first_until) ~ "' as first_rates "
            ~ "from raw.build_plan as plan cross join intermediate.int_report_moment as moment"
        ) %}
        {% if not results | rejectattr("status", "in", ["success", "pass", "warn", "no-op"]) | list %}
            {% do remember_figures() %}
        {% endif %}
    {% endif %}
{% endmacro %}

{% macro models_and_seeds() %}
    {% do return(graph.nodes.values() | selectattr("resource_type", "in", ["model", "seed"]) | map(attribute="unique_id") | list) %}
{% endmacro %}

{% macro models_not_made(results) %}
    {% set made = results | selectattr("status", "equalto", "success") | map(attribute="node.unique_id") | list %}
    {% do return(models_and_seeds() | reject("in", made) | list) %}
{% endmacro %}
