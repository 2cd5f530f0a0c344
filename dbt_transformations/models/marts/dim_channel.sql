-- A view: what it says stands in the contract.
{{ config(materialized='view') }}

{{ each_channel('sensor_readings', "select '{c}' as channel", '\nunion all\n') }}
