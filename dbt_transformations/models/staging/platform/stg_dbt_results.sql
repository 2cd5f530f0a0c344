-- Without CTEs, unlike our other models: Postgres looks through a plain view only, down to the table's indexes.
select
    result_id,
    name,
    kind,
    status,
    failures,
    message,
    seconds,
    first_at,
    last_at,
    runs
from {{ source('measured', 'dbt_results') }}
