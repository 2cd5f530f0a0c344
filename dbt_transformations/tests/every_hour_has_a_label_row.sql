-- Hours of the last days without a row of labels, where the labels have taken up what the hours have.
select
    hours.equipment_id,
    hours.hour
from {{ ref('int_equipment_metrics_hourly') }} as hours
left join {{ ref('int_failure_labels') }} as labels
    on hours.equipment_id = labels.equipment_id and hours.hour = labels.hour
where
    labels.last_reading_time is distinct from hours.last_reading_time
    and hours.hour > (
        select max(newest.hour) - interval '{{ var("tested_days") }} days'
        from {{ ref('int_equipment_metrics_hourly') }} as newest
    )
