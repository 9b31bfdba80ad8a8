"""Alembic's entry point; `hub.storage.schema` hands it an open connection inside a transaction, and commits itself."""

from alembic import context

from hub.storage.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata(),
    # SQLite can't alter a constraint in place: batch mode copies the table.
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
    render_item=context.config.attributes.get("render_item") or (lambda *_: False),
)
context.run_migrations()
