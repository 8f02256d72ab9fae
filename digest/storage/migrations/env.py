"""How Alembic reaches the database: through the transaction that Database.migrate opened."""

from alembic import context

from digest.storage import tables as product
from subscribers import tables as people

context.configure(
    connection=context.config.attributes["session"],
    target_metadata=[product.metadata, people.metadata],
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
