with calendar as (
    select
        month_start,
        count(distinct customer_id) as customers,
        lag(month_start) over in_time as month_before,
        lag(customers) over in_time as customers_before,
        lead(month_start) over in_time is null as is_last
    from months
    group by month_start
    window in_time as (order by month_start)
)

select 'no MRR between ' || strftime(month_before, '%Y-%m') || ' and ' || strftime(month_start, '%Y-%m')
    || ': what the former has is taken to go on until the latter' as says
from calendar where month_start > month_before + interval 1 month
union all
select 'the last month, ' || strftime(month_start, '%Y-%m') || ', has ' || customers || ' customers, the one before '
    || customers_before || ': the others count as lost, so leave it out if it is not complete'
from calendar where is_last and customers < customers_before / 2
