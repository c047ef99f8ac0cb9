-- From when on a subscription was in which state: what its dates say.
select * from dated_states
qualify row_number() over (partition by subscription_id, moment order by place desc) = 1
