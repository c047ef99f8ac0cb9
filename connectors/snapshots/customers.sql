select * exclude (created_at), as_time(created_at) as created_at from used.customers
