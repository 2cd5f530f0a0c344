{{ config(indexes=[{'columns': ['date'], 'unique': True}]) }}

with days as (

    -- From the first moment that a contract admits to the end of the next year.
    select day::date as date
    from
        generate_series(
            {{ beginning() }} at time zone 'UTC',
            {{ calendar_end() }} - interval '1 day',
            interval '1 day'
        ) as day

),

final as (

    select
        date,
        extract(year from date)::integer as year,
        extract(quarter from date)::integer as quarter,
        extract(month from date)::integer as month,
        to_char(date, 'FMMonth') as month_name,
        extract(isoyear from date)::integer as iso_year,
        extract(week from date)::integer as iso_week,
        extract(isodow from date)::integer as weekday,
        to_char(date, 'FMDay') as weekday_name,
        extract(isodow from date) >= 6 as is_weekend
    from days

)

select * from final
