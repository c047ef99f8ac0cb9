{#-
    One row per customer: its MRR summed over the time it was a customer, a month being 365/12 days. Each stretch is
    rounded before the sum: a sum of doubles depends on their order, which no engine promises.
-#}
select
    changes.customer_id,
    cast(
        sum(
            cast(
                {{ as_double("changes.mrr") }}
                * {{ seconds_between("changes.changed_at", "coalesce(changes.next_changed_at, moment.as_of)") }}
                / (86400 * 365 / 12.0)
                as decimal(38, 6)
            )
        ) as decimal(38, 6)
    ) as mrr_over_time
from {{ ref("int_customer_changes") }} as changes
cross join {{ ref("int_report_moment") }} as moment
group by changes.customer_id
