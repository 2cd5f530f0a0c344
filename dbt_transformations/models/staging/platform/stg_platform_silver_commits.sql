-- Without CTEs, unlike our other models: Postgres looks through a plain view only, down to the table's indexes.
select
    stream,
    silver_id,
    version,
    committed_at,
    records,
    rows_written,
    duplicates,
    outliers,
    newest_append_time,
    run_id
from {{ source('measured', 'silver_commits') }}
