-- Without CTEs, unlike our other models: Postgres looks through a plain view only, down to the table's indexes.
select
    stream,
    hour,
    accepted,
    rejected,
    accepted + rejected as consumed,
    mended,
    lost,
    out_of_order,
    delay_1m,
    delay_10m,
    delay_1h,
    delay_6h,
    delay_24h,
    delay_more,
    run_id
from {{ source('measured', 'quality_hours') }}
