{#- One row per commented response that is about a topic: which ones, and what it says on the whole. -#}
select
    response_id,
    {{ dbt.listagg("topic", "', '", "order by topic") }} as topics,
    case
        when sum(praises) > 0 and sum(complaints) > 0 then 'mixed'
        when sum(praises) > 0 then 'positive'
        when sum(complaints) > 0 then 'negative'
        else 'neutral'
    end as sentiment
from {{ ref("int_response_topics") }}
group by response_id
