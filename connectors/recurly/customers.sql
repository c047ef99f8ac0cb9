select coalesce(code, id) as customer_id, as_time(created_at) as created_at, upper(country) as country, email from used.accounts
