{#
    Stops every command, before anything is written, with one message that names each setting that cannot be used.
    Runs while dbt parses: no query, so the warehouse is not opened either.
#}
{% macro check_settings() %}
    {% set problems = [] %}
    {% for name in ["as_of", "known_at"] if var(name) and not is_time(var(name) | string) %}
        {% do problems.append(name ~ " is '" ~ var(name) ~ "', which is no time: write it as '2025-06-30' or '2025-06-30 18:00:00', with or without an offset like +02:00") %}
    {% endfor %}
    {% if var("reporting_timezone") not in modules.pytz.all_timezones %}
        {% do problems.append("reporting_timezone is '" ~ var("reporting_timezone") ~ "', which is no time zone: write its name in the IANA database, such as 'UTC' or 'Europe/Berlin'") %}
    {% endif %}
    {% if var("fiscal_year_start_month") | string not in range(1, 13) | map("string") %}
        {% do problems.append("fiscal_year_start_month is '" ~ var("fiscal_year_start_month") ~ "', which is no month: write a number from 1 to 12") %}
    {% endif %}
    {% if var("lifecycle") not in ["auto", "subscription", "activity"] %}
        {% do problems.append("lifecycle is '" ~ var("lifecycle") ~ "', which is none: write auto, subscription or activity") %}
    {% endif %}
    {% if var("free_plans_are_customers") is not boolean %}
        {% do problems.append("free_plans_are_customers is '" ~ var("free_plans_are_customers") ~ "', which is not a yes or no: use true or false, without quotes") %}
    {% endif %}
    {% if problems %}
        {% do exceptions.raise_compiler_error("Nothing was built. Please mend these settings (dbt vars):\n  - " ~ problems | join("\n  - ")) %}
    {% endif %}
{% endmacro %}


{# Whether a text is a time that exists: no 30th of February, and no placeholder (see try_cast_timestamp). #}
{% macro is_time(text) %}
    {% set parts = modules.re.match(
        "^((?:19|[2-9][0-9])[0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
        ~ "([ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?)?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?$",
        text,
    ) %}
    {% if not parts %}
        {% do return(false) %}
    {% endif %}
    {% set month_start = modules.datetime.date(parts[1] | int, parts[2] | int, 1) %}
    {% set day = month_start + modules.datetime.timedelta(days=(parts[3] | int) - 1) %}
    {% do return(day.month == month_start.month and text < "9999-12-31") %}
{% endmacro %}
