-- What: by each definition MRR is that of all other reports plus its named differences, and at as_of the MRR of the
--       subscriptions that it counts; the definition `ours` is all other reports, customer by customer.
-- When it fails: the differences returned do not explain the gap. Compare the segment with int_mrr_counted at the end of the
--                period; a seed without the row `ours`, or with other choices in it, fails nothing but what is changed.
with differences as (
    select
        period_grain,
        period_start,
        segment_type,
        segment_value,
        definition,
        sum(mrr) as mrr,
        sum(case when difference = 'exchange_rate' then mrr else 0 end) as mrr_of_rates
    from {{ ref("rpt_mrr_definition_differences") }}
    group by period_grain, period_start, segment_type, segment_value, definition
),

now_counted as (
    select
        definition,
        sum(mrr) as mrr
    from {{ ref("int_mrr_counted") }}
    where valid_to is null
    group by definition
),

compared as (
    select
        definitions.*,
        coalesce(differences.mrr, 0) as mrr_by_name,
        periods.mrr_end as our_mrr,
        periods.customers_start as our_customers_start,
        periods.customers_new as our_customers_new,
        periods.customers_churned as our_customers_churned,
        periods.customers_end as our_customers,
        now_counted.mrr + coalesce(differences.mrr_of_rates, 0) as mrr_counted,
        row_number() over (
            partition by definitions.period_grain, definitions.segment_type, definitions.segment_value, definitions.definition
            order by definitions.period_start desc
        ) as periods_ago
    from {{ ref("rpt_mrr_definitions") }} as definitions
    inner join {{ ref("fct_segment_periods") }} as periods
        on
            definitions.period_grain = periods.period_grain
            and definitions.period_start = periods.period_start
            and definitions.segment_type = periods.segment_type
            and definitions.segment_value = periods.segment_value
    left join differences
        on
            definitions.period_grain = differences.period_grain
            and definitions.period_start = differences.period_start
            and definitions.segment_type = differences.segment_type
            and definitions.segment_value = differences.segment_value
            and definitions.definition = differences.definition
    left join now_counted
        on definitions.definition = now_counted.definition
)

select * from compared
where
    mrr <> our_mrr + mrr_by_name
    or difference_to_ours <> mrr_by_name
    or (periods_ago = 1 and segment_type = 'all' and mrr <> coalesce(mrr_counted, 0))
    or customers <> customers_start + customers_new + customers_reactivated - customers_churned
    or (
        definition = 'ours'
        and (
            mrr <> our_mrr
            or customers_start <> our_customers_start
            or customers_new <> our_customers_new
            or customers_churned <> our_customers_churned
            or customers <> our_customers
        )
    )
