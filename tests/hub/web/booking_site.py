"""The pages of bookings on the real services and a SQLite database: browsers of members and hosts."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from werkzeug.test import TestResponse

from hub import desks
from hub.domain.booking import Booking
from hub.storage.live_queries import SqlLiveQueries
from hub.storage.unit_of_work import UnitFactory
from hub.web.app import create_app
from hub.web.parts import WebConfig
from tests.hub.bookings.world import BookingWorld
from tests.hub.desks.world import CLI
from tests.hub.web.access_fakes import PASSWORD_HASH
from tests.hub.web.conftest import Person
from tests.hub.web.fakes import FakeWakeups
from tests.parts.templates import keep_compiled

if TYPE_CHECKING:
    from flask import Flask

JO, MIA, HANNA, OLAF = "mika@example.org", "mia@example.org", "hanna@example.org", "olaf@example.org"
"""A member, another one, a host, and a manager of another space."""


class WorldClock:
    """A clock that shows what the world says it is."""

    def __init__(self, world: BookingWorld) -> None:
        self._world = world

    def now_us(self) -> int:
        return self._world.now_us


class Site:
    """Everything that pages stand on; whoever signs in has the password of the fakes."""

    def __init__(self, world: BookingWorld, config: WebConfig | None = None) -> None:
        self.world = world
        database = UnitFactory(world.engine)
        clock = WorldClock(world)
        self.access = desks.access(database, clock)
        self.app: Flask = keep_compiled(
            create_app(
                live=SqlLiveQueries(database),
                wakeups=FakeWakeups(),
                clock=clock,
                config=config or WebConfig(),
                access=self.access,
            )
        )
        for account in self.access.accounts.all():
            self.access.accounts.save(replace(account, password_hash=PASSWORD_HASH), CLI, world.now_us)
        self.link(JO, world.jo)

    def link(self, mail: str, member: int) -> None:
        """Let an account belong to a member; it is made when there is none."""
        accounts = self.access.accounts
        found = accounts.by_mail(mail)
        if found is None:
            template = accounts.by_mail(JO)
            assert template is not None
            found = replace(
                template, pk=0, mail=mail, name=mail.split("@", maxsplit=1)[0], uniquifier=mail.ljust(32, ".")
            )
        accounts.save(replace(found, member=member), CLI, self.world.now_us)

    def person(self, mail: str) -> "Visitor":
        """Return somebody who has signed in."""
        visitor = Visitor(self.app)
        assert visitor.sign_in(mail).status_code == 303
        return visitor

    def bookings(self) -> dict[str, str]:
        """Return the stored state of each booking."""
        return self.world.states()


class Visitor(Person):
    """A person who presses buttons."""

    def press(self, address: str, page: str, **fields: Any) -> TestResponse:
        """Send the form of a page that goes to an address, with its hidden fields."""
        form = re.search(
            rf'<form[^>]*action="{re.escape(address)}".*?</form>', self.get(page).text, re.DOTALL
        )
        assert form is not None, f"{page} has no form that goes to {address}"
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]))
        return self.client.post(address, data=hidden | fields)


def address_of(booking: Booking, what: str = "") -> str:
    return f"/me/bookings/{booking.id}{what}"
