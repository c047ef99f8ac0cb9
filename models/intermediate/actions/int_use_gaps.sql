{#-
    Times in which a customer did not use the product for as long as the shortest of the playbook's. A gap begins with the
    last day of use, or when there was none since then with the day it became a customer, or with the first day of which
    anybody's use is known.

    Gaps between months follow from their first and last days; those within a month from its bits. Use is not sorted.
-#}
{%- set months = ref("int_engagement_months") -%}
with days as (
    {{ days_of_a_month() }}
),

shortest as (
    select
        cast(min(threshold) as integer) as days,
        cast(power(2, least(min(threshold), 31)) as bigint) as bits
    from {{ ref("playbook") }}
    where condition in ('days_without_use', 'unused_before_loss')
),

-- most months have no room for a gap
roomy as (
    select
        months.customer_id,
        months.month_start,
        months.days_bits,
        shortest.bits as gap_bits
    from {{ months }} as months
    cross join shortest
    where months.days_used > 1 and months.days_used <= 31 - shortest.days
),

-- a day of use that so many days without follow, and then another day of use
last_days as (
    select
        roomy.customer_id,
        roomy.month_start,
        days.day_number,
        -- the lowest of the later bits
        (roomy.days_bits - roomy.days_bits % (2 * days.bit)) & -(roomy.days_bits - roomy.days_bits % (2 * days.bit)) as next_bit
    from roomy
    inner join days
        on
            (roomy.days_bits & days.bit) <> 0
            and roomy.days_bits >= 2 * days.bit * roomy.gap_bits
            and (roomy.days_bits - roomy.days_bits % (2 * days.bit)) % (2 * days.bit * roomy.gap_bits) = 0
),

gaps as (
    select
        last_days.customer_id,
        cast({{ dbt.dateadd("day", "last_days.day_number - 1", "last_days.month_start") }} as date) as unused_since,
        cast({{ dbt.dateadd("day", "next_days.day_number - 1", "last_days.month_start") }} as date) as used_again_on
    from last_days
    inner join days as next_days
        on last_days.next_bit = next_days.bit
    union all
    select
        customer_id,
        last_used_on as unused_since,
        lead(first_used_on) over (partition by customer_id order by month_start) as used_again_on
    from {{ months }}
    union all
    select
        customer_id,
        cast(null as date) as unused_since,
        min(first_used_on) as used_again_on
    from {{ months }}
    group by customer_id
),

recorded as (
    select min(first_used_on) as since_on from {{ months }}
),

spells as (
    select
        spells.customer_id,
        spells.ended_at as lost_at,
        greatest({{ reporting_date("spells.began_at") }}, recorded.since_on) as since_on,
        {{ reporting_date("spells.ended_at") }} as lost_on
    from {{ ref("int_customer_spells") }} as spells
    inner join recorded
        on recorded.since_on is not null
),

-- each side of a comparison is a column of one side: DuckDB compares all rows with all where an outer join asks for more
bounded_gaps as (
    select
        *,
        coalesce(unused_since, cast('0001-01-01' as date)) as begins_on,
        coalesce(used_again_on, cast('9999-12-31' as date)) as ends_on
    from gaps
),

bounded_spells as (
    select
        *,
        coalesce(lost_on, cast('9999-12-31' as date)) as ends_on
    from spells
),

of_spells as (
    select
        spells.customer_id,
        greatest(gaps.unused_since, spells.since_on) as unused_since,
        case when gaps.used_again_on <= spells.ends_on then gaps.used_again_on end as used_again_on,
        spells.lost_on,
        spells.lost_at
    from bounded_spells as spells
    left join bounded_gaps as gaps
        on
            spells.customer_id = gaps.customer_id
            and spells.since_on < gaps.ends_on
            and spells.ends_on >= gaps.begins_on
)

select
    of_spells.customer_id,
    of_spells.unused_since,
    of_spells.used_again_on,
    case when of_spells.used_again_on is null then of_spells.lost_at end as lost_at,
    {{ dbt.datediff("of_spells.unused_since", "coalesce(of_spells.used_again_on, of_spells.lost_on, moment.as_of_on)", "day") }} as days
from of_spells
cross join shortest
cross join {{ ref("int_report_moment") }} as moment
where
    {{ dbt.datediff("of_spells.unused_since", "coalesce(of_spells.used_again_on, of_spells.lost_on, moment.as_of_on)", "day") }}
    >= shortest.days
