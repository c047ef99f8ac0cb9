-- Of the terms that cover a day and are not credited the last issued decides. What little a credit leaves is a rounding:
-- credits count in months or in days, and a month may be a twelfth of a year or 31 of its 366 days.
with credits as (
    select
        credited.subscription,
        credited.day,
        credited.place,
        sum(
            case when credits.months > 0 and terms.months > 0 then credits.net / credits.months / (terms.net / terms.months)
                else credits.net / credits.days / (terms.net / terms.days) end
        ) as share
    from credited
    inner join terms using (subscription, place)
    inner join terms as credits
        on credits.subscription = credited.subscription and credits.place = credited.credit_place
    where terms.net > 0
    group by credited.subscription, credited.day, credited.place
)

select stretches.*, 1 + coalesce(credits.share, 0) as share_left, cast(net * share_left as decimal(18, 6)) as amount
from stretches
left join credits using (subscription, day, place)
where not is_credit and share_left > (select value from thresholds where name = 'rounding_share')
qualify row_number() over (partition by subscription, day order by place desc) = 1
