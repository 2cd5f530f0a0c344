{#- The distinct values of a column by hopping through its index: the cost follows the number of keys, not of rows. -#}
{% macro distinct_keys(relation, column) -%}
    (
        with recursive hops as (
            select min({{ column }}) as {{ column }} from {{ relation }}
            union all
            select (
                select min(onward.{{ column }})
                from {{ relation }} as onward
                where onward.{{ column }} > hops.{{ column }}
            ) as {{ column }}
            from hops
            where hops.{{ column }} is not null
        )

        select {{ column }} from hops
        where {{ column }} is not null
    )
{%- endmacro %}
