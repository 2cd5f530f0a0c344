{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected',
    unique_key=['equipment_id', 'alert_id'],
    pre_hook=["{{ take_up_loads({'equipment_alerts': none}) }}", "{{ affected_alerts() }}"],
    indexes=[
        {'columns': ['equipment_id', 'alert_id'], 'unique': True},
        {'columns': ['state', 'equipment_id']},
    ]
) }}

with heard as (

    {% if is_incremental() %}
        select within.*
        from affected
        inner join lateral (
            select alerts.*
            from {{ ref('stg_equipment_alerts') }} as alerts
            where
                alerts.equipment_id = affected.equipment_id
                and alerts.event_time >= affected.first_heard_at
                and alerts.alert_id = affected.alert_id
            offset 0
        ) as within on true
    {% else %}
        select * from {{ ref('stg_equipment_alerts') }}
    {% endif %}

),

-- What was heard last holds; raised and cleared at one moment is cleared.
final as (

    select distinct on (equipment_id, alert_id)
        equipment_id,
        alert_id,
        rule,
        severity,
        channel,
        state,
        min(event_time) over (partition by equipment_id, alert_id) as first_heard_at,
        event_time as last_heard_at
    from heard
    order by equipment_id asc, alert_id asc, event_time desc, state asc

)

select * from final
