"""Programs that come with a token."""

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.hub.bookings.world import A, BookingWorld
from tests.hub.desks.world import SPACE

BOOKINGS = "/api/v1/bookings"
MORNING = {"space": SPACE, "desk": A, "starts_at": "2026-11-19T08:00:00Z", "ends_at": "2026-11-19T11:00:00Z"}


class Program:
    """A program with a token."""

    def __init__(self, client: FlaskClient, text: str) -> None:
        self._client, self.headers = client, {"Authorization": f"Bearer {text}"}

    def __call__(self, method: str, path: str, json: Any = None, **more: Any) -> TestResponse:
        headers = self.headers | more.pop("headers", {})
        return self._client.open(path, method=method, json=json, headers=headers, **more)

    def book(self, key: str = "", **changed: Any) -> TestResponse:
        headers = {"Idempotency-Key": key} if key else {}
        return self("POST", BOOKINGS, MORNING | changed, headers=headers)


class Clock:
    """The world's time."""

    def __init__(self, world: BookingWorld) -> None:
        self._world = world

    def now_us(self) -> int:
        return self._world.now_us
