"""Requests that may come again, because an answer was lost: what makes two the same; pure."""

from typing import Final, NamedTuple

KEPT_US: Final = 7 * 86_400_000_000
"""For how long it is known what a request has made; bookings know it as long as they are kept."""


class Request(NamedTuple):
    """What makes a request that comes again the same one.

    Args:
        key: of whoever asks and what they called it, unique in the hub.
        digest: SHA-256 of what was asked for.
    """

    key: str
    digest: bytes
