{# The segments of every report: the customer's attributes as known now. The segment `plan` changes with time and is told apart. #}
{% macro attribute_segments() %}
    {% do return(var("segments")) %}
{% endmacro %}


{# The attributes that marts promise as columns, whichever of them reports are cut by. #}
{% macro promised_attributes() %}
    {% do return(["country", "customer_segment", "industry", "acquisition_channel"]) %}
{% endmacro %}


{# What is kept of a customer: the columns of dim_customers, and whatever else reports are cut by. #}
{% macro customer_attributes() %}
    {% do return((promised_attributes() + attribute_segments()) | unique | list) %}
{% endmacro %}


{# Stops the build where a segment is no column of the customers that land. #}
{% macro check_segments() %}
    {% set known = contract_columns("customers") | reject("in", ["customer_id", "created_at", "email"]) | list %}
    {% for segment in attribute_segments() if segment not in known %}
        {% do exceptions.raise_compiler_error(
            "Nothing was built. The setting segments names " ~ segment ~ ", which is no column of customers in models/staging/raw_sources.yml that"
            ~ " a report can be cut by" ~ (did_you_mean(segment, known) | trim or ".") ~ " There are " ~ known | join(", ")
        ) %}
    {% endfor %}
{% endmacro %}


{# A null attribute is a segment of its own. #}
{% macro segment_value(column) -%}
    coalesce({{ column }}, '(none)')
{%- endmacro %}


{# The values of a segment type that have no rows of their own (int_other_segments), counted together. #}
{% macro other_segments() -%}
    '(other)'
{%- endmacro %}
