select
    ratings.id as response_id,
    'csat' as survey_type,
    asked.customer_id,
    as_time(ratings.created_at) as sent_at,
    case when scores.csat is not null then coalesce(as_time(ratings.updated_at), as_time(ratings.created_at)) end as responded_at,
    scores.csat as score,
    case when scores.csat is not null then ratings.comment end as comment,
    'support_ticket' as touchpoint,
    asked.agent
from used.satisfaction_ratings as ratings
inner join asked on asked.id = ratings.ticket_id
inner join scores on scores.score = lower(ratings.score)
