"""The schema's history (Alembic); `hub.storage.schema` runs it. A migration never imports our tables: those move on."""
