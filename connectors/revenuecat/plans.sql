select product_identifier as plan_id, max(product_display_name) as plan_name from terms group by product_identifier
