-- A company by the id that it has in the billing system.
select
    companies.*,
    coalesce(companies.customer_id, companies.id) as known_as,
    concat_ws(' ', owners.first_name, owners.last_name) as owner
from used.companies as companies
left join used.owners as owners on owners.id = companies.owner_id
