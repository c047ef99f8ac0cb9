{#
    Of a raw table that has rows, some are accepted (those hidden by known_at are, too).
    When it fails: every row is quarantined, and reports built on the table would be empty. Look at quarantine_reason of
    the model; `make build` says what to do (warehouse/quality/staging_gate.py).
#}
{% test has_accepted_rows(model) %}
select count(*) as row_count
from {{ model }}
having count(*) > 0 and count(case when row_status in ('accepted', 'hidden') then 1 end) = 0
{% endtest %}
