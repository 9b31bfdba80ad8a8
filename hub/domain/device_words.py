"""What the words of a device say about whether it is there, pure: births, wills, health."""

from dataclasses import dataclass, replace

from hub.domain.audit import Head
from hub.domain.occupancy import STALE_AFTER_US, DeviceStatus


@dataclass(frozen=True, slots=True)
class DeviceWords:
    """What is stored of a device's words.

    Args:
        session: random id of the connection whose birth was heard last.
        status_us: when the status was heard, in the hub's time.
        heard_us: when the device itself was heard last, in the hub's time; 0 for never.
        meta, health: its last messages, JSON.
    """

    status: DeviceStatus = DeviceStatus.NEVER
    session: str = ""
    status_us: int = 0
    heard_us: int = 0
    meta: str | None = None
    health: str | None = None


@dataclass(frozen=True, slots=True)
class StatusWord:
    """A birth, a farewell or a last will."""

    status: DeviceStatus
    session: str
    epoch: str | None = None


@dataclass(frozen=True, slots=True)
class MetaWord:
    """What a device is and has, JSON.

    Args:
        list_version: of the access list that it applies; 0 for none.
        heads: of the log's chains, as that list brought them: chain to how far it had come.
    """

    text: str
    list_version: int = 0
    heads: tuple[tuple[str, Head], ...] = ()


@dataclass(frozen=True, slots=True)
class HealthWord:
    """How a device is, JSON.

    Args:
        said_us: when it said so, by its own synchronised clock; None without one.
    """

    text: str
    said_us: int | None


Word = StatusWord | MetaWord | HealthWord


def after(known: DeviceWords, word: Word, now_us: int, *, retained: bool) -> DeviceWords:
    """Return what is known of a device after a word of it.

    Args:
        known: what is stored.
        retained: whether the broker had kept the word, so that it may be old: it is not a sign of life now.
        now_us: when it arrived.
    """
    if isinstance(word, StatusWord):
        return _after_status(known, word, now_us, retained=retained)
    if isinstance(word, MetaWord):
        return replace(known, meta=word.text, heard_us=known.heard_us if retained else now_us)
    if retained:
        # It counts from when the device said it: a hub that was away must not take a dead device for a living one.
        said_us = min(word.said_us, now_us) if word.said_us is not None else 0
        return replace(known, health=word.text, heard_us=max(known.heard_us, said_us))
    alive = known if known.status is DeviceStatus.ONLINE else _online_again(known, now_us)
    return replace(alive, health=word.text, heard_us=now_us)


def _online_again(known: DeviceWords, now_us: int) -> DeviceWords:
    """Health that arrives live disproves a will: one of an older connection, or a birth that was missed."""
    return replace(known, status=DeviceStatus.ONLINE, status_us=now_us)


def _after_status(known: DeviceWords, word: StatusWord, now_us: int, *, retained: bool) -> DeviceWords:
    if word.status is DeviceStatus.ONLINE:
        heard_us = known.heard_us if retained else now_us
        return replace(known, status=word.status, session=word.session, status_us=now_us, heard_us=heard_us)
    # A connection that broke may be told after the next one began. A retained word is the last that the broker has,
    # though: whatever birth it speaks of was missed.
    of_older_session = word.session != known.session and known.status is DeviceStatus.ONLINE
    if of_older_session and not retained:
        return known
    heard_us = now_us if word.status is DeviceStatus.OFFLINE and not retained else known.heard_us
    return replace(known, status=word.status, session=word.session, status_us=now_us, heard_us=heard_us)


def looks_different(before: DeviceWords, now: DeviceWords, now_us: int) -> bool:
    """Say whether the desks of a device may look different after its words: another status, or no longer stale."""
    if before.status is not now.status:
        return True
    return now_us - before.heard_us > STALE_AFTER_US >= now_us - now.heard_us


def stale_at_us(heard_us: int) -> int:
    """Return the first moment at which a device that was heard then is stale."""
    return heard_us + STALE_AFTER_US + 1
