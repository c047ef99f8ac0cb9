-- Would the lifetime model have told, a year ago, who stays until today? The mean error of the share kept, in percentage
-- points over all months since, of the model, of the curve seen until then and of the formula with one churn rate; and
-- how many of those months the forecast of the model lay within the interval of what happened.
select
    segment_type,
    segment_value,
    max(customers_at_cut) as customers_at_cut,
    100 * avg(abs(error_sbg)) as sbg_error,
    100 * avg(abs(error_curve)) as curve_error,
    100 * avg(abs(error_formula)) as formula_error,
    sum(case when kept_rate_sbg between kept_rate_lower and kept_rate_upper then 1 else 0 end) as months_sbg_within,
    count(*) as months
from {{ ref("rpt_clv_backtest") }}
group by segment_type, segment_value
order by segment_type, segment_value
