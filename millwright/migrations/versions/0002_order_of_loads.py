"""platform.loads finds a table's newest load by its unique key; the oldest warehouses have an index of their own."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

# A new warehouse has the key, and then nothing is locked.
_KEY = """
do $$ begin
    if not exists (select from pg_constraint where conrelid = 'platform.loads'::regclass
                   and contype = 'u' and conname = 'loads_table_name_load_id_key') then
        drop index if exists platform.loads_table_name;
        alter table platform.loads add constraint loads_table_name_load_id_key unique (table_name, load_id);
    end if;
end $$"""


def upgrade() -> None:
    """The same key as 0001 gives a new warehouse."""
    op.get_bind().exec_driver_sql(_KEY)
