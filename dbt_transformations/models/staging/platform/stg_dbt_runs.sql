-- Without CTEs, unlike our other models: Postgres looks through a plain view only, down to the table's indexes.
select
    invocation_id,
    command,
    selected,
    started_at,
    finished_at,
    succeeded,
    failed,
    skipped
from {{ source('measured', 'dbt_runs') }}
