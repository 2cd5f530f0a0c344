select
    plant_id,
    max(cumulative_share) as last_share
from {{ ref('mart_quality_pareto') }}
group by plant_id
having abs(max(cumulative_share) - 1) > 0.000001
