{#- Which rows of a model that is kept by machine and shift, or by machine and day, its new changes affect: after
    `take_up_changes`. Each fills the table `affected`. -#}

{#- No two starts of one calendar are further apart: calendars repeat by the week, and the clock may be turned. -#}
{% macro longest_shift() -%}
    interval '170 hours'
{%- endmacro %}


{#- Shifts (equipment_id, starts_at) that a changed span of time touches, as they were and as they are now. None lies
    after the moment at which the machine was last heard of. -#}
{% macro affected_shifts() -%}
    {%- if is_incremental() -%}
    {%- set touches -%}
        {shift}.starts_at <= changed.until
            and {shift}.starts_at > changed.since - {{ longest_shift() }}
            and {shift}.ends_at > changed.since
    {%- endset -%}
    {{ store_affected(['equipment_id', 'starts_at'], [
        "select old.equipment_id, old.starts_at from changed inner join " ~ this ~ " as old"
        ~ " on changed.equipment_id = old.equipment_id and " ~ touches | replace('{shift}', 'old'),
        "select changed.equipment_id, shifts.starts_at from changed"
        ~ " inner join " ~ ref('int_equipment_watch') ~ " as watch on changed.equipment_id = watch.equipment_id"
        ~ " inner join " ~ equipment_calendar() ~ " as calendar on changed.equipment_id = calendar.equipment_id"
        ~ " inner join " ~ ref('dim_shift') ~ " as shifts on calendar.calendar = shifts.plant_id"
        ~ " and shifts.starts_at <= watch.last_heard_at and " ~ touches | replace('{shift}', 'shifts')
    ]) }}
    {%- endif -%}
{%- endmacro %}


{#- Shifts (equipment_id, starts_at) that begin within a changed span, in this model or in those upstream. -#}
{% macro affected_shift_starts(upstreams) -%}
    {%- if is_incremental() -%}
    {%- set queries = [] -%}
    {%- for model in [this] + upstreams -%}
        {%- do queries.append(
            "select model.equipment_id, model.starts_at from changed inner join " ~ model ~ " as model"
            ~ " on changed.equipment_id = model.equipment_id"
            ~ " and model.starts_at >= changed.since and model.starts_at <= changed.until"
        ) -%}
    {%- endfor -%}
    {{ store_affected(['equipment_id', 'starts_at'], queries) }}
    {%- endif -%}
{%- endmacro %}


{#- Production days (equipment_id, shift_date) of shifts that begin within a changed span, and the days after them that
    look back on them. A shift's date is at most a day from its start in UTC. -#}
{% macro affected_days(upstream, look_back_days=0) -%}
    {%- if is_incremental() -%}
    {%- set queries = [] -%}
    {%- for model in [this, upstream] -%}
        {%- do queries.append(
            "select model.equipment_id, model.shift_date from changed inner join " ~ model ~ " as model"
            ~ " on changed.equipment_id = model.equipment_id"
            ~ " and model.shift_date >= (changed.since - interval '1 day')::date"
            ~ " and model.shift_date <= (changed.until + interval '" ~ (look_back_days + 1) ~ " days')::date"
        ) -%}
    {%- endfor -%}
    {{ store_affected(['equipment_id', 'shift_date'], queries) }}
    {%- endif -%}
{%- endmacro %}


{#- States (equipment_id, entered_at) whose own moment lies in a changed span, and the one before them, which may end at
    another moment now. `left_at` is the latest moment at which such a state has ended or ends; open ones never. -#}
{% macro affected_states() -%}
    {%- if is_incremental() -%}
    {%- set facts = ref('fact_equipment_events') -%}
    {%- set found -%}
        select equipment_id, entered_at, max(left_at) as left_at from (
            select old.equipment_id, old.entered_at, coalesce(old.left_at, 'infinity') as left_at
            from changed inner join {{ this }} as old
                on changed.equipment_id = old.equipment_id
                and old.entered_at >= changed.since and old.entered_at <= changed.until
            union all
            select events.equipment_id, events.event_time, events.event_time
            from changed inner join {{ facts }} as events
                on changed.equipment_id = events.equipment_id
                and events.event_time >= changed.since and events.event_time <= changed.until
            where events.kind in {{ lasting_states() }}
            union all
            select changed.equipment_id, before.entered_at, coalesce(before.left_at, 'infinity')
            from changed cross join lateral (
                select old.entered_at, old.left_at from {{ this }} as old
                where old.equipment_id = changed.equipment_id and old.entered_at < changed.since
                order by old.entered_at desc limit 1
            ) as before
        ) as touched
        group by equipment_id, entered_at
    {%- endset -%}
    {{ store_affected(['equipment_id', 'entered_at'], [found]) }}
    {%- endif -%}
{%- endmacro %}


{#- After the run: a state may end later than it did. -#}
{% macro reach_to_the_new_ends() -%}
    {%- if is_incremental() -%}
    update affected set left_at = greatest(affected.left_at, coalesce(new.left_at, 'infinity'))
    from {{ this }} as new
    where affected.equipment_id = new.equipment_id and affected.entered_at = new.entered_at;
    {%- endif -%}
{%- endmacro %}


{#- Tell from when to when a machine's own clock has moved; see `remember_rows`. -#}
{% macro tell_clocks() -%}
    {%- if execute -%}
    {%- set has_before = run_query(
        "select count(*) from pg_attribute where attrelid = to_regclass('pg_temp.before') and attname = 'last_heard_at'"
    ).columns[0].values()[0] -%}
    {%- if has_before -%}
    insert into platform.changes (model, equipment_id, since, until)
    select
        '{{ this.identifier }}',
        coalesce(before.equipment_id, now.equipment_id),
        case
            when before.equipment_id is null then now.first_heard_at
            when now.equipment_id is null then before.first_heard_at
            else least(before.last_heard_at, now.last_heard_at)
        end,
        greatest(before.last_heard_at, now.last_heard_at)
    from before
    full join {{ this }} as now on before.equipment_id = now.equipment_id
    where before.last_heard_at is distinct from now.last_heard_at;
    {%- else -%}
    {{ tell_of_everything() }}
    {%- endif %}
    {{ forget_taken_up_changes() }}
    {%- endif -%}
{%- endmacro %}
