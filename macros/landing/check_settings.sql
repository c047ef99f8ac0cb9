{#
    Stops every command, before anything is written, with one message that names each dbt var that cannot be used.
    What each may be stands in dbt_project.yml (`setting_rules`). Runs while dbt parses, on every engine: no query, so the
    warehouse is not opened either.
#}
{% macro check_settings() %}
    {% set rules = var("setting_rules") %}
    {% set problems = [] %}
    {% for name in invocation_args_dict.get("vars") or {} if name not in rules %}
        {% do problems.append(unknown_setting(name, rules) | trim) %}
    {% endfor %}
    {% for name, rule in rules.items() %}
        {% do problems.append(setting_problem(name, var(name), rule) | trim) %}
    {% endfor %}
    {% if problems | select | list %}
        {% do exceptions.raise_compiler_error("Nothing was built. Please mend these settings (dbt vars):\n  - " ~ problems | select | join("\n  - ")) %}
    {% endif %}
{% endmacro %}


{# The macros from here on know nothing of dbt: warehouse/settings.py runs them too, on the environment's settings. #}

{# What is wrong with a setting's value and what to write instead; empty = it can be used. #}
{% macro setting_problem(name, value, rule) %}
    {% set said = name ~ " is '" ~ value | string | truncate(80, true, leeway=0) ~ "', " %}
    {% set text = value | string %}
    {% if value is none or text == "" %}
        {% if not rule.optional %} {{ name }} is not set: leave it out for the default, or {{ setting_wish(rule) }} {% endif %}
    {% elif rule.type == "time" %}
        {% if not is_time(text) | trim %}
            {{ said }}which is not a valid time: {{ setting_wish(rule) }}
        {% elif is_later_than_now(text) | trim %}
            {{ said }}which is later than now: use a moment that has been, or leave it out
        {% endif %}
    {% elif rule.type == "time_zone" %}
        {% if modules.pytz.all_timezones is not defined %}
            {#- dbt 2 has no list of them; it refuses what is none in its own words #}
            {% do modules.pytz.timezone(text) %}
        {% elif text not in modules.pytz.all_timezones %}
            {{ said }}which is not a time zone: {{ setting_wish(rule) }}{{ did_you_mean(text, modules.pytz.all_timezones) }}
        {% endif %}
    {% elif rule.type == "choice" %}
        {% if text not in rule.of %} {{ said }}which is not one of its values: {{ setting_wish(rule) }} {% endif %}
    {% elif rule.type == "boolean" %}
        {% if value is not boolean %} {{ said }}which is not a yes or no: {{ setting_wish(rule) }} {% endif %}
    {% elif rule.type == "text" %}
        {% if not modules.re.match("(?:" ~ rule.pattern ~ ")$", text) %} {{ said }}which cannot be used: {{ setting_wish(rule) }} {% endif %}
    {% elif rule.type == "columns" %}
        {% set names = value if value is iterable and value is not string and value is not mapping else [] %}
        {% set usable = [] %}
        {% for name in names if modules.re.match("[a-z][a-z0-9_]*$", name | string) and name not in ["all", "plan"] + usable %}
            {% do usable.append(name) %}
        {% endfor %}
        {% if not names or usable | length < names | length %} {{ said }}which cannot be used: {{ setting_wish(rule) }} {% endif %}
    {% elif rule.type in ["integer", "number"] %}
        {# short enough to be exact in SQL, and never an exponent #}
        {% set pattern = "-?[0-9]{1,9}$" if rule.type == "integer" else "-?[0-9]{1,9}([.][0-9]{1,6})?$" %}
        {% if not modules.re.match(pattern, text) %}
            {{ said }}which is not {{ "a whole number" if rule.type == "integer" else "a number" }}: {{ setting_wish(rule) }}
        {% elif text | float < rule.get("at_least", text | float) or text | float > rule.get("at_most", text | float) or text | float <= rule.get("above", text | float - 1) %}
            {{ said }}which is out of its bounds: {{ setting_wish(rule) }}
        {% endif %}
    {% else %}
        {{ name }} has no rule that this version knows ({{ rule.type }}): see setting_problem in macros/landing/check_settings.sql
    {% endif %}
{% endmacro %}


{# What to write for a setting. #}
{% macro setting_wish(rule) -%}
    {%- if rule.type == "time" -%}
        use '2025-06-30' or '2025-06-30 18:00:00', with or without an offset like +02:00
    {%- elif rule.type == "time_zone" -%}
        use a name in the IANA database, such as 'UTC' or 'Europe/Berlin'
    {%- elif rule.type == "choice" -%}
        use {{ rule.of[:-1] | join(", ") }} or {{ rule.of[-1] }}
    {%- elif rule.type == "boolean" -%}
        use true or false, without quotes
    {%- elif rule.type in ["text", "columns"] -%}
        use {{ rule.use }}
    {%- else -%}
        use a {{ "whole number" if rule.type == "integer" else "number with up to six decimal places" }}
        {{- " of at least " ~ rule.at_least if "at_least" in rule }}{{ " above " ~ rule.above if "above" in rule }}
        {{- " and" if "at_most" in rule and ("at_least" in rule or "above" in rule) }}{{ " at most " ~ rule.at_most if "at_most" in rule }}
        {{- ", such as " ~ rule.example if rule.example }}
    {%- endif -%}
{%- endmacro %}


{% macro unknown_setting(name, rules) %}
    {{ name }} is not a setting{{ did_you_mean(name | string, rules) or ". There are " ~ rules | join(", ") }}
{% endmacro %}


{# The name that shares most of its pairs of letters with what was written; empty where none is like it. #}
{% macro did_you_mean(written, names) -%}
    {%- set best = namespace(name="", score=0.4) -%}
    {%- set pairs = set(zip(written | lower, (written | lower)[1:])) -%}
    {%- for name in names -%}
        {%- set others = set(zip(name | lower, (name | lower)[1:])) -%}
        {%- set score = 2 * (pairs.intersection(others) | length) / ((pairs | length) + (others | length) + 0.1) -%}
        {%- if score > best.score -%}
            {%- set best.name = name -%}
            {%- set best.score = score -%}
        {%- endif -%}
    {%- endfor -%}
    {{ ". Did you mean " ~ best.name ~ "?" if best.name }}
{%- endmacro %}


{# Whether a text is a time that exists: no 30th of February, and no placeholder (see try_cast_timestamp). Empty = no. #}
{% macro is_time(text) %}
    {% set parts = modules.re.match(
        "((?:19|[2-9][0-9])[0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
        ~ "([ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?)?$",
        text,
    ) %}
    {% if parts %}
        {% set month_start = modules.datetime.date(parts.group(1) | int, parts.group(2) | int, 1) %}
        {% set day = month_start + modules.datetime.timedelta(days=(parts.group(3) | int) - 1) %}
        {{ "yes" if day.month == month_start.month and text < "9999-12-31" }}
    {% endif %}
{% endmacro %}


{# Whether a time that exists is still to come; without an offset it is UTC. Empty = no. #}
{% macro is_later_than_now(text) %}
    {% set moment = modules.datetime.datetime.fromisoformat(text) %}
    {% set moment = moment if moment.tzinfo else modules.pytz.utc.localize(moment) %}
    {{ "yes" if moment > modules.datetime.datetime.now(modules.pytz.utc) }}
{% endmacro %}
