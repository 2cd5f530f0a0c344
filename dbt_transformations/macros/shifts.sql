{#- By which calendar a machine worked, and when: one row per machine and version of it. -#}
{% macro equipment_calendar() -%}
    (
        select
            equipment.equipment_id,
            equipment.plant_id,
            coalesce(plants.calendar, '*') as calendar,
            equipment.valid_from,
            coalesce(equipment.valid_to, 'infinity') as valid_to
        from {{ ref('dim_equipment') }} as equipment
        left join {{ ref('dim_plant') }} as plants on equipment.plant_id = plants.plant_id
    )
{%- endmacro %}


{#- The shifts of the machines, with the part [since, until) of each in which the machine stood in the plant: one row per
    version of the machine and shift, and of an incremental run only those affected. -#}
{% macro equipment_shifts() -%}
    (
        select
            calendar.equipment_id,
            calendar.plant_id,
            shifts.shift_key,
            shifts.shift,
            shifts.shift_date,
            shifts.starts_at,
            shifts.ends_at,
            shifts.is_working,
            greatest(shifts.starts_at, calendar.valid_from) as since,
            least(shifts.ends_at, calendar.valid_to) as until
        from {{ equipment_calendar() }} as calendar
        inner join {{ ref('dim_shift') }} as shifts
            on
                calendar.calendar = shifts.plant_id
                and calendar.valid_to > shifts.starts_at
                and calendar.valid_from < shifts.ends_at
        {% if is_incremental() -%}
            inner join affected
                on calendar.equipment_id = affected.equipment_id and shifts.starts_at = affected.starts_at
        {%- else -%}
            inner join {{ ref('int_equipment_watch') }} as watch
                on
                    calendar.equipment_id = watch.equipment_id
                    and watch.first_heard_at < shifts.ends_at
                    and watch.last_heard_at >= shifts.starts_at
        {%- endif %}
    )
{%- endmacro %}


{#- Seconds from one moment to another. -#}
{% macro seconds_between(since, until) -%}
    extract(epoch from {{ until }} - {{ since }})::double precision
{%- endmacro %}


{#- The calendar is known from the year of the first that was ever heard of a machine, as a local time of UTC, -#}
{% macro calendar_start() -%}
    (
        select date_trunc('year', coalesce(min(first_heard_at), current_timestamp) at time zone 'UTC')
        from {{ ref('int_equipment_watch') }}
    )
{%- endmacro %}


{#- to the end of the next year. -#}
{% macro calendar_end() -%}
    (date_trunc('year', current_timestamp at time zone 'UTC') + interval '2 years')
{%- endmacro %}


{#- The newest version of the reference data that calendars are made from, and whether this model has not followed it. -#}
{% macro calendar_version() -%}
    (select coalesce(max(version), 0) from reference.versions where table_name in ('plants', 'shifts'))
{%- endmacro %}


{% macro calendar_is_new() -%}
    {{ calendar_version() }} not in (
        select change_id from platform.followed where model = '{{ this.identifier }}' and upstream = 'reference'
    )
{%- endmacro %}


{#- Calendars (plant_id) to be made anew: all, when the reference data have changed, when older data than ever before
    have come, and at New Year. -#}
{% macro affected_calendars() -%}
    select pg_advisory_xact_lock(hashtextextended('millwright.dbt.{{ this.identifier }}', 0));
    {% if is_incremental() -%}
    {%- set stale -%}
        (
            {{ calendar_is_new() }}
            or not exists (
                select 1 from {{ this }} as old
                having min(old.starts_at) <= {{ calendar_start() }} at time zone 'UTC'
                and max(old.ends_at) >= {{ calendar_end() }} at time zone 'UTC'
            )
        )
    {%- endset -%}
    create temporary table calendar_before on commit drop as select min(starts_at) as starts_at from {{ this }};
    {{ store_affected(['plant_id'], [
        "select plant_id from " ~ this ~ " where " ~ stale,
        "select plant_id from " ~ source('reference', 'shifts') ~ " where " ~ stale,
        "select '*' as plant_id where " ~ stale,
    ]) }}
    {%- endif -%}
{%- endmacro %}


{#- Tell followers what has changed: all with the reference data, else what lies before the calendar's former start. -#}
{% macro tell_calendar() -%}
    {% if is_incremental() -%}
    insert into platform.changes (model, since, until)
    select
        '{{ this.identifier }}',
        '-infinity',
        case when {{ calendar_is_new() }} then 'infinity' else before.starts_at + {{ longest_shift() }} end
    from calendar_before as before
    where {{ calendar_is_new() }} or before.starts_at > (select min(starts_at) from {{ this }});
    {%- else -%}
    {{ tell_of_everything() }}
    {%- endif %}
    {{ follow_calendar() }}
{%- endmacro %}


{#- Of a table made from the reference data: tell followers that all may have changed, once for each version. -#}
{% macro tell_reference() -%}
    select pg_advisory_xact_lock(hashtextextended('millwright.dbt.{{ this.identifier }}', 0));
    insert into platform.changes (model, since, until)
    select '{{ this.identifier }}', '-infinity', 'infinity' where {{ calendar_is_new() }};
    {{ follow_calendar() }}
{%- endmacro %}


{% macro follow_calendar() -%}
    insert into platform.followed (model, upstream, change_id)
    select '{{ this.identifier }}', 'reference', {{ calendar_version() }}
    on conflict (model, upstream) do update set change_id = excluded.change_id;
    {{ forget_taken_up_changes() }}
{%- endmacro %}


{#- Time of a category, in s. Summed as decimals, so that the same parts give the same bits in any order. -#}
{% macro seconds_in(category) -%}
    coalesce(sum(seconds::numeric) filter (where category = '{{ category }}'), 0)::double precision
{%- endmacro %}
