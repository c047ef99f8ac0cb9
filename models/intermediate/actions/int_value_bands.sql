{#- The bands of MRR, each until before the next. -#}
select
    band,
    from_value,
    lead(from_value) over (order by from_value) as until_value
from {{ ref("segment_bands") }}
where measure = 'value'
