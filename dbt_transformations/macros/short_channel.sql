{#- Aggregates of the last 24 hours by channel, named as people say them: avg_temp_24h. -#}
{% macro channels_24h(aggregate, prefix) -%}
    {{ each_channel('sensor_readings', aggregate ~ ' as ' ~ prefix ~ '_{c}_24h') | replace('_temperature_24h', '_temp_24h') }}
{%- endmacro %}
