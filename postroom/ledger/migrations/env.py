"""Runs migrations on the connection, and within the transaction, that the ledger hands over."""

from alembic import context

from postroom.ledger import desk_schema  # noqa: F401
from postroom.ledger.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # All or nothing: a killed migration leaves the tables as they were.
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
