-- A plan is a product; where nobody names products, there are none to list.
select id as plan_id, name as plan_name, id as product_id from used.products
