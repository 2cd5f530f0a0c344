{#- The distinct values of a column by hopping through its index: the cost follows the number of keys, not of rows.
    (`min()` in place of `order by … limit 1` reads all partitions whole.) -#}
{% macro distinct_keys(relation, column) -%}
    (
        with recursive hops as (
            (select {{ column }} from {{ relation }} order by {{ column }} asc limit 1)
            union all
            select (
                select onward.{{ column }}
                from {{ relation }} as onward
                where onward.{{ column }} > hops.{{ column }}
                order by onward.{{ column }} asc
                limit 1
            ) as {{ column }}
            from hops
            where hops.{{ column }} is not null
        )

        select {{ column }} from hops
        where {{ column }} is not null
    )
{%- endmacro %}
