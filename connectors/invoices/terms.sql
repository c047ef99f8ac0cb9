-- What an invoice asks for a period of a subscription, its lines together, or gives back (a credit); in the order of issue,
-- of one invoice credits first. A term that was refunded is none.
select
    max_by(customer_id, gross) as customer_id,
    subscription,
    invoice,
    issued,
    first_day,
    until,
    until - first_day as days,
    coalesce(
        whole_months(first_day, until),
        case
            when until - first_day between 28 and 31 then 1
            when until - first_day between 89 and 92 then 3
            when until - first_day between 365 and 366 then 12
        end
    ) as months,
    money,
    gross < 0 as is_credit,
    max_by(product, gross) as plan_id,
    sum(gross - given_back) as net,
    row_number() over (
        partition by subscription order by issued, invoice, gross < 0 desc, first_day, until desc, money
    ) as place
from lines
group by subscription, invoice, issued, first_day, until, money, gross < 0
having sum(gross) = 0 or abs(sum(gross - given_back)) > abs(sum(gross)) * (select value from thresholds where name = 'rounding_share')
