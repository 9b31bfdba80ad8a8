"""What the pages are made of: the ports that they read, and their settings, kept with the application."""

from dataclasses import dataclass, field
from secrets import token_bytes
from typing import Final, cast

from flask import current_app
from prometheus_client import CollectorRegistry

from hub.access_ports import Accounts, CardDesk, DoorDesk, MemberDesk
from hub.booking_ports import BlockingDesk, BookingDesk, SeriesDesk
from hub.ports import Clock, LiveQueries
from hub.token_ports import TokenDesk
from hub.web.feeds import Feeds
from hub.web.session_life import SessionLife

_KEY: Final = "ankerort"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebConfig:
    """Settings of the pages.

    Args:
        max_viewers: how many live pages may stay connected at once; further ones ask again now and then.
        public_url: address that people use (`https://plaetze.example.org`), for QR codes and links of the API; empty
            for the address of the request.
        trusted_proxies: how many reverse proxies stand in front and set `X-Forwarded-For`, `-Proto` and `-Host`; with 0
            these headers are not believed.
        metrics_token: what `/metrics` asks for as bearer token; empty to answer on loopback only.
        session_key: signs the sessions of those who sign in, the same in every process that serves the pages; a random
            one ends all sessions with the process.
    """

    max_viewers: int = 500
    public_url: str = ""
    trusted_proxies: int = 0
    metrics_token: str = ""
    session_key: bytes = field(default_factory=lambda: token_bytes(32), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingDesks:
    """What is booked, and with which tokens programs do it."""

    bookings: BookingDesk
    series: SeriesDesk
    blockings: BlockingDesk
    tokens: TokenDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the pages of those who sign in work on.

    Args:
        booking: None where nothing is booked: its addresses do not exist.
    """

    accounts: Accounts
    cards: CardDesk
    doors: DoorDesk
    members: MemberDesk
    booking: BookingDesks | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """What a view may use.

    Args:
        access: None when nobody can sign in.
    """

    live: LiveQueries
    clock: Clock
    feeds: Feeds
    config: WebConfig
    registry: CollectorRegistry
    access: Access | None = None
    sessions: SessionLife = field(default_factory=SessionLife)

    @property
    def desks(self) -> Access:
        """What those who sign in work on, in a view that strangers do not reach."""
        assert self.access is not None
        return self.access


def keep(extensions: dict[str, object], parts: Parts) -> None:
    """Put the parts where `parts` finds them: into an application's extensions."""
    extensions[_KEY] = parts


def parts() -> Parts:
    """Return the parts of the application that answers the present request."""
    return cast("Parts", current_app.extensions[_KEY])
