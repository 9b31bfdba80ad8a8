"""The two spaces of the desks' tests."""

from tests.hub.desks.conftest import world

__all__ = ["world"]
