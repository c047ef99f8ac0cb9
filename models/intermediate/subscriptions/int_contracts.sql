{#-
    The contracts that are known at `as_of`, each with its ARR: what is charged for the whole term, by its days. Converted at
    the rate of its first day, of one that has not begun at that of now.
-#}
with contracts as (
    select
        contracts.*,
        coalesce(contracts.signed_on, contracts.starts_on) as known_on,
        least(contracts.starts_on, moment.as_of_on) as converted_on,
        {{ dbt.datediff("contracts.starts_on", "contracts.ends_on", "day") }} + 1 as term_days
    from {{ ref("stg_billing__contracts") }} as contracts
    inner join {{ ref("int_report_moment") }} as moment
        on coalesce(contracts.signed_on, contracts.starts_on) <= moment.as_of_on
),

rates as (
    -- not by day of the calendar, which begins with the first event: a contract may be older. The first rate holds before too
    select
        currency,
        rate_to_reporting,
        case
            when row_number() over (partition by currency order by rate_date) = 1 then cast('1900-01-01' as date)
            else rate_date
        end as valid_from,
        coalesce(lead(rate_date) over (partition by currency order by rate_date), cast('9999-12-31' as date)) as valid_to
    from {{ ref("stg_billing__exchange_rates") }}
)

select
    contracts.contract_id,
    contracts.customer_id,
    contracts.subscription_id,
    contracts.starts_on,
    contracts.ends_on,
    contracts.signed_on,
    contracts.known_on,
    contracts.auto_renews,
    contracts.action_at_end,
    cast({{ annual_amount("contracts.value", "coalesce(rates.rate_to_reporting, 1)", "contracts.term_days") }} as decimal(38, 6))
        as arr
from contracts
left join rates
    on
        {{ foreign_currency("contracts.currency") }} = rates.currency
        and contracts.converted_on >= rates.valid_from
        and contracts.converted_on < rates.valid_to
