select
    promotion_id,
    model_name,
    from_version,
    to_version,
    decided_at,
    promoted,
    reason,
    metrics,
    run_id
from {{ source('ml', 'promotions') }}
