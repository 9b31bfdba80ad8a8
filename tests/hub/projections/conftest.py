"""The hub of the intake's tests."""

from tests.hub.ingest.conftest import hub, spool, sqlite_hub

__all__ = ["hub", "spool", "sqlite_hub"]
