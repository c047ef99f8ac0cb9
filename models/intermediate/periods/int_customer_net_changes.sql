{{ config(materialized="view") }}

{{ net_changes(ref("int_customer_changes"), ref("int_calendar_periods")) }}
