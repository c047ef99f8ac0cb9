-- A plan is a product; where nobody names products, there are none to list.
select id as plan_id, name as plan_name from used.products
