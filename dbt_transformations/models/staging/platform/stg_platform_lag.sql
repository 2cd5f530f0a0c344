-- Without CTEs, unlike our other models: Postgres looks through a plain view only, down to the table's indexes.
select
    stream,
    lag_records,
    asked_at
from {{ source('measured', 'quality_lag') }}
