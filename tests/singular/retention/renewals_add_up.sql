-- What: of the terms due in a period and segment each is renewed, lost or open, and so is their MRR; each renewed one was
--       on time, late or rolled over; the segments of a type have all terms, and each grain has all that were due by as_of.
-- When it fails: rpt_renewals counts a term in no outcome or in two. Compare the period returned with int_term_outcomes.
with by_type as (
    select
        period_grain,
        segment_type,
        sum(due) as due,
        sum(mrr_due) as mrr_due,
        count(
            case
                when
                    due <> renewed + lost + open
                    or renewed <> renewed_on_time + renewed_late + rolled_over
                    or lost < lost_replaced
                    or mrr_due < mrr_lost + mrr_open
                    then 1
            end
        ) as rows_that_do_not_add_up
    from {{ ref("rpt_renewals") }}
    group by period_grain, segment_type
),

terms as (
    select
        count(*) as due,
        sum(outcomes.mrr_due) as mrr_due
    from {{ ref("int_term_outcomes") }} as outcomes
    inner join {{ ref("int_report_moment") }} as moment
        on outcomes.ends_on <= moment.as_of_on
)

select by_type.*
from by_type
cross join terms
where
    by_type.rows_that_do_not_add_up > 0
    or by_type.due <> terms.due
    or by_type.mrr_due <> terms.mrr_due
