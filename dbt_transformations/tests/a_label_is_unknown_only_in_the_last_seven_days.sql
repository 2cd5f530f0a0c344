select
    labels.equipment_id,
    labels.hour
from {{ ref('int_failure_labels') }} as labels
where
    labels.failure_within_7_days is null
    and labels.last_reading_time < (select max(newest.last_reading_time) from {{ ref('int_failure_labels') }} as newest)
    - interval '7 days'
