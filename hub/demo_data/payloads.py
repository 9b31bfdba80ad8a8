"""Words of devices as they travel: the wire's own events, encoded by the wire's own codec."""

from functools import lru_cache
from typing import Final

from hub.demo_data.dice import token
from hub.demo_data.faults import Boot
from hub.demo_data.words import Word, WordKind
from wire import codec
from wire.events import (
    AccessDecided,
    ClockSynchronised,
    DeskSession,
    DeskState,
    DeviceStarted,
    DoorChanged,
    Event,
    ReaderState,
)
from wire.identifiers import CredentialId
from wire.messages import DeviceHealth

VERSION: Final = "0.1.0"
"""Of the agents that are played."""
POWERED_US: Final = 20_000_000
"""How long a device had been on when its agent began to work."""


@lru_cache(maxsize=4096)
def _credential(seed: int, person: int) -> CredentialId:
    return CredentialId(token(seed, "card", person, digits=64))


def zero_us(boot: Boot) -> int:
    """Return the moment at which a run's own clock began: wall minus monotonic time, once the wall clock is right."""
    return boot.start_us - POWERED_US


def is_synced(word: Word, boot: Boot) -> bool:
    """Say whether the device knew the time when it said a word."""
    return word.at_us >= boot.synced_us


def encode(seed: int, word: Word, boot: Boot) -> bytes:
    """Return a word as a line of the wire.

    Args:
        seed: from which cards have their look-up values.
        boot: the run of the device in which it was said.
    """
    return codec.encode_event(_event(seed, word, boot))


def health(boot: Boot, at_us: int) -> str:
    """Return what a device says of itself each minute, when it has nothing left to tell."""
    told = DeviceHealth(
        boot=boot.id, mono_us=at_us - zero_us(boot), wall_us=at_us, synced=True, spool_depth=0, time_trusted=True
    )  # fmt: skip
    return codec.encode(told).decode()


def _event(seed: int, word: Word, boot: Boot) -> Event:
    at_us, mono_us = word.at_us, word.at_us - zero_us(boot)
    synced = is_synced(word, boot)
    # Without a battery the clock goes on from the last time that was noted.
    wall_us = at_us if synced else boot.not_before_us + mono_us
    id_ = boot.id
    match word.kind:
        case WordKind.PIECE:
            return DeskSession(
                boot=id_, mono_us=mono_us, wall_us=wall_us, synced=synced, desk=word.subject,
                start_ago_us=at_us - word.start_us, end_ago_us=at_us - word.end_us,
                continues=word.continues, open=word.is_open,
            )  # fmt: skip
        case WordKind.STATE:
            reason = word.reason if word.state == "unknown" else ""
            return DeskState(
                boot=id_, mono_us=mono_us, wall_us=wall_us, synced=synced, desk=word.subject,
                state=word.state, reason=reason,  # type: ignore[arg-type]
            )  # fmt: skip
        case WordKind.ENTRY:
            return AccessDecided(
                boot=id_, mono_us=mono_us, wall_us=wall_us, synced=synced, door=word.subject,
                reader=f"reader-{word.subject}", credential=_credential(seed, word.person), granted=True,
                reason="granted", list_version=1,
            )  # fmt: skip
        case WordKind.TAKEN | WordKind.CLOSED | WordKind.DOOR_STARTED:
            is_open = word.kind is WordKind.TAKEN
            what = {WordKind.TAKEN: "taken", WordKind.CLOSED: "closed"}.get(word.kind, "started")
            return DoorChanged(
                boot=id_, mono_us=mono_us, wall_us=wall_us, synced=synced, door=word.subject,
                what=what, mode="normal", contact="open" if is_open else "closed", released=is_open,  # type: ignore[arg-type]
            )  # fmt: skip
        case WordKind.READER:
            return ReaderState(
                boot=id_, mono_us=mono_us, wall_us=wall_us, synced=synced, reader=word.subject,
                connected=bool(word.state),
            )  # fmt: skip
        case WordKind.SYNCHRONISED:
            return ClockSynchronised(boot=id_, mono_us=mono_us, wall_us=wall_us, synced=True)
        case WordKind.STARTED:
            return DeviceStarted(
                boot=id_, mono_us=mono_us, wall_us=wall_us, synced=synced, version=VERSION,
                not_before_us=boot.not_before_us,
            )  # fmt: skip
        case WordKind.LOST:
            raise ValueError("what was lost has no form on the wire")
