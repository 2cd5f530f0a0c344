{#- The kinds of equipment event that last until the next of them; the others happen at a moment. -#}
{% macro lasting_states() -%}
    ('running', 'idle', 'setup', 'down')
{%- endmacro %}
