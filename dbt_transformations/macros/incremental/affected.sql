{#- Which keys of a model the loads it has just taken up affect; see ledger.sql. Each fills the table `affected`. -#}

{#- Hours with a reading that came, changed or went. -#}
{% macro affected_hours() -%}
    {%- if is_incremental() -%}
    {%- set queries = [hours_of_pending_readings()] -%}
    {%- if pending_deletions('sensor_readings') -%}
        {%- do queries.append(hours_with_another_count(this)) -%}
    {%- endif -%}
    {{ store_affected(['equipment_id', 'hour'], queries) }}
    {%- endif -%}
{%- endmacro %}


{% macro hours_of_pending_readings() -%}
    select equipment_id, date_trunc('hour', event_time, 'UTC') as hour
    from {{ ref('stg_sensor_readings') }}
    where _load_id = any({{ pending('sensor_readings') }})
{%- endmacro %}


{% macro hours_with_another_count(hourly) -%}
    select old.equipment_id, old.hour
    from {{ hourly }} as old
    left join (
        select equipment_id, date_trunc('hour', event_time, 'UTC') as hour, count(*) as reading_count
        from {{ ref('stg_sensor_readings') }}
        group by 1, 2
    ) as now on old.equipment_id = now.equipment_id and old.hour = now.hour
    where now.reading_count is distinct from old.reading_count
{%- endmacro %}


{#- Hours whose label may be another: their readings changed, a failure after them came or went, or their outcome was
    not known yet. A failure decides the labels back to the failure before it. -#}
{% macro affected_labels() -%}
    {%- if is_incremental() -%}
    {%- set hours = ref('int_equipment_metrics_hourly') -%}
    {%- set queries = [hours_of_pending_readings()] -%}
    {%- do queries.append(
        "select labels.equipment_id, labels.hour from " ~ this ~ " as labels"
        ~ " where labels.failure_within_7_days is null and exists (select 1 from pending_loads)"
        ~ " and labels.hour >= (select max(newest.hour) from " ~ this ~ " as newest) - interval '8 days'"
    ) -%}
    {%- do queries.append(hours_before_pending_failures()) -%}
    {%- if pending_deletions('sensor_readings') -%}
        {%- do queries.append(
            "select labels.equipment_id, labels.hour from " ~ this ~ " as labels"
            ~ " left join " ~ hours ~ " as hours on labels.equipment_id = hours.equipment_id"
            ~ " and labels.hour = hours.hour"
            ~ " where hours.last_reading_time is distinct from labels.last_reading_time"
            ~ " or labels.hour >= (select max(newest.hour) from " ~ hours ~ " as newest) - interval '8 days'"
        ) -%}
    {%- endif -%}
    {%- if pending_deletions('equipment_events') -%}
        {%- do queries.append(
            "select labels.equipment_id, labels.hour from " ~ this ~ " as labels where not exists ("
            ~ "select 1 from " ~ ref('stg_equipment_events') ~ " as events"
            ~ " where events.equipment_id = labels.equipment_id and events.kind = 'failure'"
            ~ " and events.event_time = labels.next_failure_time) and labels.next_failure_time is not null"
        ) -%}
    {%- endif -%}
    {{ store_affected(['equipment_id', 'hour'], queries) }}
    {%- endif -%}
{%- endmacro %}


{#- `offset 0` keeps the planner to one look-up by index for each failure. -#}
{% macro hours_before_pending_failures() -%}
    {%- set new = "_load_id = any(" ~ pending('equipment_events') ~ ")" -%}
    select failures.equipment_id, labels.hour
    from (
        select distinct equipment_id, event_time
        from {{ ref('stg_equipment_events') }}
        where kind = 'failure' and {{ new }}
    ) as failures
    left join lateral (
        select earlier.event_time
        from {{ ref('stg_equipment_events') }} as earlier
        where
            earlier.equipment_id = failures.equipment_id
            and earlier.event_time < failures.event_time
            and earlier.kind = 'failure'
        order by earlier.event_time desc
        limit 1
    ) as previous on true
    inner join lateral (
        select old.hour
        from {{ this }} as old
        where
            old.equipment_id = failures.equipment_id
            and old.hour < failures.event_time
            and old.hour > coalesce(previous.event_time - interval '1 hour', '-infinity')
        offset 0
    ) as labels on true
{%- endmacro %}


{#- Moments of a machine (equipment_id, event_time) whose rows came, changed or went, or belong to another version of
    the machine now. A version that came takes effect from its own event time; one that went leaves its key behind. -#}
{% macro affected_moments(table, staging) -%}
    {%- if is_incremental() -%}
    {%- set queries = [] -%}
    {%- do queries.append(
        "select equipment_id, event_time from " ~ staging ~ " where _load_id = any(" ~ pending(table) ~ ")"
    ) -%}
    {%- do queries.append(
        "select old.equipment_id, old.event_time from ("
        ~ "select equipment_id, min(event_time) as since from " ~ ref('stg_equipment_assets')
        ~ " where _load_id = any(" ~ pending('equipment_assets') ~ ") group by 1) as changed"
        ~ " inner join " ~ this ~ " as old on changed.equipment_id = old.equipment_id and old.event_time >= changed.since"
    ) -%}
    {%- if pending_deletions('equipment_assets') -%}
        {%- do queries.append(
            "select old.equipment_id, old.event_time from " ~ this ~ " as old"
            ~ " where old.equipment_key not in (select equipment_key from " ~ ref('dim_equipment') ~ ")"
        ) -%}
    {%- endif -%}
    {%- if pending_deletions(table) -%}
        {%- do queries.append(
            "select old.equipment_id, old.event_time from "
            ~ "(select equipment_id, event_time, count(*) as n from " ~ this ~ " group by 1, 2) as old"
            ~ " left join (select equipment_id, event_time, count(*) as n from " ~ staging ~ " group by 1, 2) as now"
            ~ " on old.equipment_id = now.equipment_id and old.event_time = now.event_time"
            ~ " where now.n is distinct from old.n"
        ) -%}
    {%- endif -%}
    {{ store_affected(['equipment_id', 'event_time'], queries) }}
    {%- endif -%}
{%- endmacro %}


{#- Alarms (equipment_id, alert_id) of which something came, changed or went, and the moment before which none of their
    records lies. -#}
{% macro affected_alerts() -%}
    {%- if is_incremental() -%}
    {%- set alerts = ref('stg_equipment_alerts') -%}
    {%- set touched = [
        "select equipment_id, alert_id, event_time as first_heard_at from " ~ alerts
        ~ " where _load_id = any(" ~ pending('equipment_alerts') ~ ")",
        "select old.equipment_id, old.alert_id, old.first_heard_at from " ~ this ~ " as old"
        ~ " inner join " ~ alerts ~ " as new on old.equipment_id = new.equipment_id and old.alert_id = new.alert_id"
        ~ " where new._load_id = any(" ~ pending('equipment_alerts') ~ ")"
    ] -%}
    {%- if pending_deletions('equipment_alerts') -%}
        {%- do touched.append("select equipment_id, alert_id, first_heard_at from " ~ this) -%}
    {%- endif -%}
    {{ store_affected(['equipment_id', 'alert_id'], [
        "select equipment_id, alert_id, min(first_heard_at) as first_heard_at from ("
        ~ touched | join(' union all ') ~ ") as touched group by equipment_id, alert_id"
    ]) }}
    {%- endif -%}
{%- endmacro %}
