"""What the pages are made of: the ports that they read, and their settings, kept with the application."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_bytes
from typing import Final, cast

from flask import current_app
from prometheus_client import CollectorRegistry

from hub.access_ports import Accounts, CardDesk, DayDesk, DoorDesk, MemberDesk, PhoneDesk
from hub.booking_ports import BlockingDesk, BookingDesk, SeriesDesk
from hub.calendar_ports import CalendarDesk
from hub.domain.duties import Controller, Kept
from hub.domain.sso import GroupRole
from hub.figure_ports import FigureDesk, WayDesk
from hub.life_ports import LifeDesk
from hub.mail_ports import MailDesk
from hub.member_ports import GroupDesk, PassDesk, PersonDesk
from hub.ports import Clock, LiveQueries
from hub.sign_in_ports import Passkeys, SecondFactors, SignInLinks, SingleSignOn
from hub.site_ports import SiteDesk
from hub.statistics_ports import ReleaseDesk
from hub.token_ports import TokenDesk
from hub.waiting_ports import WaitingDesk
from hub.web.feeds import Feeds
from hub.web.long_looks import LongLooks
from hub.web.session_life import SessionLife
from hub.web.workshop import Workshop
from hub.webhook_ports import WebhookDesk

_KEY: Final = "ankerort"


@dataclass(frozen=True, slots=True, kw_only=True)
class SsoConfig:
    """A provider.

    Args:
        name: on the button.
        groups: what its groups may do.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    groups_claim: str = "groups"
    trusts_mail: bool = False
    controller: str = ""
    groups: tuple[GroupRole, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenData:
    """Who publishes open data; empty texts for what nobody has set."""

    publisher: str = ""
    mail: str = ""
    contributor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceApi:
    """What SpaceAPI tells of a space that the site file does not know.

    Args:
        latitude, longitude: in degrees (WGS 84).
        contact_mail: of the space, not of a person; empty for none.
    """

    latitude: float
    longitude: float
    contact_mail: str = ""


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
        is_key_kept: whether that key is the same after a restart; without, nobody can have a second factor.
        has_mail: whether letters are sent, so that somebody can sign in by a link.
        private_hooks: whether webhooks may go into the own network.
        sso: an identity provider, or None.
        open_data: who publishes it.
        controllers: who answers for spaces, for the papers that the law asks for.
        kept: for how long what is kept.
        space_api: by the space's id.
    """

    max_viewers: int = 500
    public_url: str = ""
    trusted_proxies: int = 0
    metrics_token: str = ""
    session_key: bytes = field(default_factory=lambda: token_bytes(32), repr=False)
    is_key_kept: bool = False
    has_mail: bool = False
    private_hooks: bool = False
    sso: SsoConfig | None = None
    open_data: OpenData = OpenData()
    controllers: tuple[Controller, ...] = ()
    kept: Kept = field(default_factory=Kept)
    space_api: Mapping[str, SpaceApi] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingDesks:
    """What is booked, with which tokens programs do it, and what calendars are told of it."""

    bookings: BookingDesk
    series: SeriesDesk
    blockings: BlockingDesk
    tokens: TokenDesk
    calendar: CalendarDesk
    waiting: WaitingDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the pages of those who sign in work on.

    Args:
        booking: None where nothing is booked: its addresses do not exist.
        figures, ways: None where nothing is written down for statistics; the same.
        statistics: None where nothing is published; the same.
    """

    accounts: Accounts
    cards: CardDesk
    doors: DoorDesk
    day: DayDesk
    members: MemberDesk
    phone: PhoneDesk
    groups: GroupDesk
    passes: PassDesk
    persons: PersonDesk
    mail: MailDesk
    links: SignInLinks
    factors: SecondFactors
    passkeys: Passkeys
    sso: SingleSignOn
    site: SiteDesk
    life: LifeDesk
    webhooks: WebhookDesk
    booking: BookingDesks | None = None
    figures: FigureDesk | None = None
    ways: WayDesk | None = None
    statistics: ReleaseDesk | None = None


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
    workshop: Workshop = field(default_factory=Workshop)
    looks: LongLooks = field(default_factory=LongLooks)

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
