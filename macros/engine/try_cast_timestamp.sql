{#
    A time as a UTC timestamp: one with a numeric offset is converted, one without is UTC, and so are Z and UTC. Each row
    is read for itself: a time with the name of a zone (Asia/Tokyo, EST) is not read at all, as its offset hangs on the
    tables of the machine, and DuckDB reads the rows after it in that zone too.
    Null where it is no time, or a placeholder: before 1900 (year 1), or the end of year 9999 and later ('infinity').

    Arguments: a raw column; raw_text() of it.
#}
{% macro try_cast_timestamp(column, text=none) -%}
    {{ plausible_time(utc_of(column, "timestamp", text or raw_text(column))) }}
{%- endmacro %}

{% macro plausible_time(utc) -%}
    case when {{ utc }} >= timestamp '1900-01-01' and {{ utc }} < timestamp '9999-12-31' then {{ utc }} end
{%- endmacro %}

{# A time of any year. Arguments: a raw column; its type in the contract (of a month alone its first day); raw_text() of it. #}
{% macro utc_of(column, contract_type, text) -%}
    {%- set utc = adapter.dispatch("try_cast_utc") -%}
    {%- if contract_type == "month" -%}
        {%- set first_day = "replace(" ~ text ~ ", '/', '-') || '-01'" -%}
        case
            when {{ matches_pattern(text, "'" ~ layout_patterns().month_only ~ "'") }} then {{ utc(first_day, first_day) }}
            else {{ utc(column, text) }}
        end
    {%- else -%}
        {{ utc(column, text) }}
    {%- endif -%}
{%- endmacro %}

{#
    DuckDB knows the column's type before it runs: a date or timestamp is cast as it is, and only what has an offset goes
    through a time zone (the session's is UTC, see profiles.yml), which costs a hundred times as much.
#}
{% macro default__try_cast_utc(column, text) -%}
    case
        when typeof({{ column }}) in ('DATE', 'TIMESTAMP', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS')
            then try_cast({{ column }} as timestamp)
        when typeof({{ column }}) = 'TIMESTAMP WITH TIME ZONE'
            then cast(try_cast({{ column }} as timestamp with time zone) as timestamp)
        when {{ matches_pattern(text, time_pattern()) }} then try_cast({{ text }} as timestamp)
        when {{ matches_pattern(text, time_pattern(with_offset=true)) }}
            then cast(try_cast({{ with_offset_joined(text) }} as timestamp with time zone) as timestamp)
    end
{%- endmacro %}

{# A Postgres session has any time zone, so it is not asked. #}
{% macro postgres__try_cast_utc(column, text) -%}
    {%- set to_microseconds = "regexp_replace(" ~ text ~ ", '([.][0-9]{6})[0-9]+', '\\1')" -%}
    case
        when not coalesce(pg_input_is_valid({{ text }}, 'timestamptz'), false) then null
        when {{ matches_pattern(text, time_pattern()) }} then cast({{ to_microseconds }} as timestamp)
        when {{ matches_pattern(text, time_pattern(with_offset=true)) }}
            then cast({{ to_microseconds }} as timestamptz) at time zone 'UTC'
    end
{%- endmacro %}

{# The session's time zone is UTC (profiles.yml). #}
{% macro spark__try_cast_utc(column, text) -%}
    case
        when {{ matches_pattern(text, time_pattern()) }} or {{ matches_pattern(text, time_pattern(with_offset=true)) }}
            then try_cast(replace(replace({{ with_offset_joined(text) }}, '/', '-'), ' UTC', 'Z') as timestamp)
    end
{%- endmacro %}

{% macro with_offset_joined(text) -%} replace(replace({{ text }}, ' +', '+'), ' -', '-') {%- endmacro %}

{# What is read as a time, on every engine: they read more, each something else ('today', '20240105', 'Jan 5 2024'). #}
{% macro time_pattern(with_offset=false) -%}
    {%- set clock = "[ T]([01]?[0-9]|2[0-3]):[0-9]{1,2}" -%}
    {%- set seconds = ":[0-5]?[0-9]([.][0-9]*)?" -%}
    {%- if with_offset -%}
        '^{{ day_pattern() }}{{ clock }}{{ seconds }} ?[+-](0[0-9]|1[0-4])(:?[0-9]{2})?$'
    {%- else -%}
        '^{{ day_pattern() }}({{ clock }}({{ seconds }}(Z| UTC)?)?)?$'
    {%- endif -%}
{%- endmacro %}

{% macro day_pattern() -%} [0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2} {%- endmacro %}


{#
    What a text that is not read as a time looks like, as the end of a reason for the quarantine (unreadable_..._day_first):
    the first that matches, '' where none does. The doc block quarantine_reason says what each is.

    Arguments: raw_text() of the column; its type in the contract (a month alone is right where a month is asked).
#}
{% macro time_layout(text, contract_type) -%}
    case
        when {{ matches_pattern(text, time_pattern()) }} then ''
        {%- for layout, pattern in layout_patterns().items() if not (layout == "month_only" and contract_type == "month") %}
        when {{ matches_pattern("lower(" ~ text ~ ")", "'" ~ pattern ~ "'") }} then '_{{ layout }}'
        {%- endfor %}
        else ''
    end
{%- endmacro %}

{# In lower case. Of 31/12/2024 the greater number is the day; of 01/02/2024 nobody can tell. #}
{% macro layout_patterns() %}
    {% set number, beyond_months, year = "[0-9]{1,2}", "(1[3-9]|2[0-9]|3[01])", "([0-9]{4}|[0-9]{2})([ ,t].*)?" %}
    {% set month_name = "(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?)" %}
    {% do return({
        "day_first": "^" ~ beyond_months ~ "[-/.]" ~ number ~ "[-/.]" ~ year ~ "$",
        "month_first": "^" ~ number ~ "[-/.]" ~ beyond_months ~ "[-/.]" ~ year ~ "$",
        "day_or_month_first": "^" ~ number ~ "[-/.]" ~ number ~ "[-/.]" ~ year ~ "$",
        "month_name": "(^|[^a-z])" ~ month_name ~ "[ .,/-]+[0-9]|[0-9][ .,/-]*" ~ month_name ~ "([^a-z]|$)",
        "twelve_hour_clock": ":[0-9.:]+ ?[ap][.]?m[.]?$",
        "zone_name": "^" ~ day_pattern() ~ "[ t][0-9:.]+([+-][0-9:]+)? ?.?[a-z][a-z0-9_/+-]+.?$",
        "month_only": "^[0-9]{4}[-/][0-9]{1,2}$",
        "no_separators": "^(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([t ]?[0-9]{4,6}[^0-9]*)?$",
        "unix_time": "^[0-9]{9,19}([.][0-9]+)?$",
    }) %}
{% endmacro %}
