{#
    The difference of two groups taken between rows that are alike (of one stratum), each stratum weighing
    n1 x n2 / (n1 + n2), as CTEs of which the last is `sums`: the keys; n_<group> and sum_<group> of all; n_matched, of the
    first group those with somebody to compare with; the difference of means; its half_width (95%, Student's t, from the
    spread within the strata; null where values are all alike); and of shares, which are means of 0 and 1, their
    mantel_haenszel_error, which few per stratum do not disturb. Sato, Greenland and Robins (1989), Biometrics 45, 1323.

    Arguments: strata, a CTE with the keys, n_<group>, sum_<group> of both groups and squares, the sum of all squares; keys;
    groups, the two names.
#}
{% macro stratified_difference(strata, keys, groups) -%}
{%- set keys = keys | join(", ") -%}
{%- set n1, n2 = "n_" ~ groups[0], "n_" ~ groups[1] -%}
{%- set x1, x2 = "sum_" ~ groups[0], "sum_" ~ groups[1] -%}
{%- set n = as_double(n1 ~ " + " ~ n2) -%}
means as (
    select
        *,
        {%- for group in groups %}
        {{ ratio("sum_" ~ group, "n_" ~ group) }} as mean_{{ group }},
        {%- endfor %}
        -- null where one of the two has nobody
        {{ n1 }} * {{ n2 }} * {{ ratio("1", "case when " ~ n1 ~ " * " ~ n2 ~ " > 0 then " ~ n1 ~ " + " ~ n2 ~ " end") }}
            as weight
    from {{ strata }}
),

stratum_sums as (
    select
        {{ keys }},
        {%- for group in groups %}
        sum(n_{{ group }}) as n_{{ group }},
        sum(sum_{{ group }}) as sum_{{ group }},
        {%- endfor %}
        sum(case when weight > 0 then {{ n1 }} else 0 end) as n_matched,
        sum(weight) as weight,
        sum(weight * (mean_{{ groups[0] }} - mean_{{ groups[1] }})) as weighted_difference,
        sum(case when weight > 0 then {{ n1 }} + {{ n2 }} - 2 end) as degrees,
        sum(case when weight > 0 then squares - {{ x1 }} * mean_{{ groups[0] }} - {{ x2 }} * mean_{{ groups[1] }} end) as squares,
        -- P and Q of the paper
        sum(
            case
                when weight > 0
                    then (
                        {{ n1 }} * {{ n1 }} * {{ x2 }} - {{ n2 }} * {{ n2 }} * {{ x1 }}
                        + {{ as_double(n1 ~ " * " ~ n2 ~ " * (" ~ n2 ~ " - " ~ n1 ~ ")") }} / 2
                    ) / ({{ n }} * {{ n }})
            end
        ) as p,
        sum(
            case when weight > 0 then {{ as_double(x1 ~ " * (" ~ n2 ~ " - " ~ x2 ~ ") + " ~ x2 ~ " * (" ~ n1 ~ " - " ~ x1 ~ ")") }} / (2 * {{ n }}) end
        ) as q
    from means
    group by {{ keys }}
),

differences as (
    select
        *,
        {{ ratio("weighted_difference", "weight") }} as difference
    from stratum_sums
),

sums as (
    select
        {{ keys }},
        {%- for group in groups %}
        cast(n_{{ group }} as bigint) as n_{{ group }},
        sum_{{ group }},
        {{ ratio("sum_" ~ group, "n_" ~ group) }} as mean_{{ group }},
        {%- endfor %}
        cast(n_matched as bigint) as n_matched,
        difference,
        -- values that are all alike do not tell how far the next one may be from them
        case when squares > 1e-9 then {{ t_quantile("degrees") }} * sqrt({{ ratio("squares", "degrees") }} / weight) end as half_width,
        -- rounding may leave a little below 0
        sqrt(greatest(difference * p + q, 0)) / weight as mantel_haenszel_error
    from differences
)
{%- endmacro %}
