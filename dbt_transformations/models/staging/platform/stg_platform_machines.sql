-- Without CTEs, unlike our other models: Postgres looks through a plain view only, down to the table's indexes.
select
    stream,
    machine,
    records,
    newest_event_time,
    newest_append_time,
    last_delay_seconds,
    gaps
from {{ source('measured', 'quality_machines') }}
