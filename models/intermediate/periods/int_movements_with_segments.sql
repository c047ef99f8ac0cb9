{{ config(materialized="view") }}

{{ movements_with_segments(ref("int_customer_movements"), ref("int_customers"), ref("int_churn_events")) }}
