-- Without CTEs, unlike our other models: Postgres looks through a plain view only, down to the table's indexes.
select
    stream,
    event_hour,
    delay_1m,
    delay_10m,
    delay_1h,
    delay_6h,
    delay_24h,
    delay_more
from {{ source('measured', 'quality_event_hours') }}
