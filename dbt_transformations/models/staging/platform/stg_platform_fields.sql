-- Without CTEs, unlike our other models: Postgres looks through a plain view only, down to the table's indexes.
select
    stream,
    field,
    hour,
    is_channel,
    records,
    nulls
from {{ source('measured', 'quality_fields') }}
