-- Without CTEs, unlike our other models: Postgres looks through a plain view only, down to the table's indexes.
select
    stream,
    hour,
    reason,
    records
from {{ source('measured', 'quality_rejected') }}
