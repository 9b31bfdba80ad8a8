"""Webhooks: what a space tells programs elsewhere, and where it may be sent. Pure.

Names of headers and the signature are those of Standard Webhooks 1.0 (https://www.standardwebhooks.com).
"""

import ipaddress
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from hub.domain.booking import Booking, BookingKind, BookingState
from hub.domain.errors import RuleRefused
from hub.domain.time import to_utc

MAX_URL: Final = 500
MAX_HOOKS: Final = 10
"""Webhooks of one space."""

KEPT_US: Final = 30 * 86_400_000_000
"""So long it is known what became of a delivery."""

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


class Happening(StrEnum):
    """What is told."""

    BOOKING_MADE = "booking.made"
    BOOKING_CHANGED = "booking.changed"
    BOOKING_CANCELLED = "booking.cancelled"
    BOOKING_RELEASED = "booking.released"
    CHECK_IN = "check_in"
    ALARM = "alarm"


class DeliveryState(StrEnum):
    """What became of a delivery. DEAD: nobody took it, the reason stands beside."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a space tells what happens.

    Args:
        with_names: whether the member's name goes along; otherwise keys alone.
    """

    id: str
    space: str
    url: str
    kinds: frozenset[Happening]
    with_names: bool
    created_us: int


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A delivery as whoever manages the space sees it; `due_us` is 0 for at once."""

    pk: int
    webhook: str
    kind: Happening
    state: DeliveryState
    due_us: int
    tries: int
    reason: str


TOLD: Final = frozenset({BookingKind.DESK, BookingKind.EVENT})
"""Kinds of bookings that are told of; what keeps desks free, or out of use, is not."""

_ENDS: Final = {
    BookingState.CANCELLED: Happening.BOOKING_CANCELLED,
    BookingState.RELEASED_NO_SHOW: Happening.BOOKING_RELEASED,
}


def happening_of(before: BookingState, after: BookingState) -> Happening | None:
    """Return what a change of a booking is told as; None for a check-in, which is told by itself."""
    if before is not after and after in _ENDS:
        return _ENDS[after]
    if before is not after and after is BookingState.CHECKED_IN:
        return None
    return Happening.BOOKING_CHANGED


def booking_data(booking: Booking) -> dict[str, object]:
    """Return what is told of a booking: nothing that somebody wrote, and no person."""
    return {
        "booking": booking.id,
        "kind": booking.kind.value,
        "desks": list(booking.desks),
        "start": instant_text(booking.time.start_us),
        "end": instant_text(booking.time.end_us),
        "state": booking.state.value,
        "version": booking.version,
    }


def instant_text(at_us: int) -> str:
    """Return an instant as RFC 3339 has it."""
    return to_utc(at_us).isoformat(timespec="seconds").replace("+00:00", "Z")


def body_of(
    kind: Happening, space: str, data: Mapping[str, object], member: int | None, name: str | None
) -> bytes:
    """Return what is sent.

    Args:
        name: of the member; None where names do not go along.
    """
    told = {**data, "member": member}
    if name is not None:
        told["name"] = name
    return json.dumps({"type": kind.value, "space": space, "data": told}, ensure_ascii=False).encode()


def check_url(url: str, *, allow_private: bool) -> str:
    """Return an address that can be sent to.

    Args:
        allow_private: whether plain http and addresses of the own network are allowed.

    Raises:
        RuleRefused: when it can't.
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        is_fine = len(url) <= MAX_URL and url.isascii() and url.isprintable() and " " not in url and port != 0
    except ValueError:
        raise _no_url() from None
    schemes = {"https", "http"} if allow_private else {"https"}
    has_more = parts.username is not None or parts.password is not None or bool(parts.fragment)
    if not is_fine or parts.scheme not in schemes or not host or has_more:
        raise _no_url()
    # The dot at the end of a whole name changes nothing.
    name = host.rstrip(".")
    if not allow_private and (name == "localhost" or name.endswith(".localhost") or _is_inside(name)):
        raise RuleRefused(
            f"{host} is inside of the own network: webhooks go out of it, unless webhooks.allow_private is set",
            code="inside_address",
        )
    return url


def _no_url() -> RuleRefused:
    return RuleRefused(
        "a webhook's address begins with https:// and holds no password: https://example.org/hook",
        code="no_hook_address",
    )


def _is_inside(host: str) -> bool:
    try:
        return not is_outside(_address(host))
    except ValueError:
        return False


def _address(host: str) -> str:
    """Return a host as it is looked up: `127.1`, `0x7f000001` and `2130706433` are 127.0.0.1 there too."""
    if ":" in host:
        return host
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return host


def is_outside(address: str) -> bool:
    """Say whether an IP address is one of the internet, also where it hides one of IPv4 in it.

    Raises:
        ValueError: when it is no IP address.
    """
    found = ipaddress.ip_address(address)
    return all(one.is_global and not one.is_multicast for one in (found, *_within(found)))


def _within(address: _Address) -> list[_Address]:
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found: list[_Address] = [one for one in (address.ipv4_mapped, address.sixtofour) if one is not None]
    if address.teredo is not None:
        found += address.teredo
    if address in _NAT64:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return found
