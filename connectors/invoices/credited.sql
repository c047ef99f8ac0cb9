-- A credit is for the latest term that covers the day and was issued before it; if there is none, for its own invoice's.
select
    credits.subscription,
    credits.day,
    credits.place as credit_place,
    max_by(terms.place, [case when terms.place < credits.place then 1 else 0 end, terms.place]) as place
from stretches as credits
inner join stretches as terms
    on terms.subscription = credits.subscription and terms.day = credits.day and terms.money = credits.money
    and terms.issued <= credits.issued and not terms.is_credit
where credits.is_credit
group by credits.subscription, credits.day, credits.place
