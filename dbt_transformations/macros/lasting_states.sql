{#- The kinds of equipment event that last until the next of them; the others happen at a moment. -#}
{% macro lasting_states() -%}
    ('running', 'idle', 'setup', 'down')
{%- endmacro %}


{#- Of states that are said to begin at one moment, the worst holds: a stop is rather counted than missed. -#}
{% macro worst_state_first() -%}
    array_position(array['down', 'setup', 'idle', 'running'], kind), coalesce(planned, false), reason, code, component
{%- endmacro %}
