{#- The columns `parts` sum up to the column `whole`, to a millisecond. Fails with the rows that do not. -#}
{% test parts_sum_up_to(model, parts, whole) %}
select *
from {{ model }}
where abs({{ parts | join(' + ') }} - {{ whole }}) > 0.001
{% endtest %}
