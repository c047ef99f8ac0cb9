{{ config(materialized="view") }}

{{ movements(ref("int_customer_net_changes")) }}
