"""Where wire meets domain on the way in: a payload becomes a batch of reported events, or the reason why it can't."""

from functools import lru_cache
from hashlib import sha256
from typing import Any

from hub.domain.delivery import BatchRange
from hub.domain.door_events import (
    ACCESS,
    CONTACT,
    LEAVING,
    MODE,
    STARTED,
    AnswerWord,
    DoorWord,
    OfferWord,
    TapWord,
    Told,
    WrittenWord,
)
from hub.domain.events import EventKind, RefusalReason, Refused, Reported
from hub.event_ports import Arrived, Batch, Stray, Unreadable
from wire import codec
from wire.errors import UnknownTopic, UnreadableEvent, UnreadableHeader
from wire.events import (
    AccessDecided,
    CardOffered,
    CardPersonalised,
    CardRead,
    ClockSynchronised,
    CommandAnswered,
    DeskSession,
    DeskState,
    DeviceStarted,
    DoorChanged,
    Event,
    ReaderState,
)
from wire.identifiers import CredentialId
from wire.topics import EVENT, Topic, parse_topic

_topic = lru_cache(maxsize=8192)(parse_topic)


def read_message(topic: str, payload: bytes) -> Arrived:
    """Return what a message of the event channel is; never raises for what a peer can send.

    Args:
        topic: as the broker gave it.
        payload: as the broker gave it, of any length.
    """
    try:
        at: Topic = _topic(topic)
    except UnknownTopic as error:
        return Stray(str(error))
    if at.channel is not EVENT:
        return Stray(f"topic {topic!r} carries no events")
    try:
        header, lines = codec.decode_batch(payload)
    except UnreadableHeader as error:
        return Unreadable(at.space, at.device, payload, str(error))
    return Batch(
        at.space,
        at.device,
        header.epoch,
        BatchRange(
            header.first,
            header.last,
            header.floor,
            tuple((lost.first, lost.last) for lost in header.lost),
        ),
        codec.batch_seqs(header),
        lines,
        [sha256(line).digest() for line in lines],
        [read_event(line) for line in lines],
    )


def read_event(line: bytes) -> Reported | Refused:
    """Return what one event tells, or why it can't be read (D7)."""
    try:
        event = codec.decode_event(line)
    except UnreadableEvent as error:
        return Refused(RefusalReason.UNREADABLE_EVENT, str(error))
    reported: Reported = _REPORTERS[type(event)](event)
    return reported


# Plain text instead of the enum's members: it goes to the database driver as it is.
_STARTED = EventKind.DEVICE_STARTED.value
_SYNCHRONISED = EventKind.CLOCK_SYNCHRONISED.value
_CARD = EventKind.CARD_READ.value
_READER = EventKind.READER_STATE.value
_STATE = EventKind.DESK_STATE.value
_SESSION = EventKind.DESK_SESSION.value
_DECIDED = EventKind.ACCESS_DECIDED.value
_CHANGED = EventKind.DOOR_CHANGED.value
_ANSWERED = EventKind.COMMAND_ANSWERED.value
_OFFERED = EventKind.CARD_OFFERED.value
_PERSONALISED = EventKind.CARD_PERSONALISED.value

# Of which changes the hosts' log names the card: who opened the office. The grant itself is a decision of its own.
_WITH_CARD = frozenset({MODE})


def _started(event: DeviceStarted) -> Reported:
    return Reported(
        _STARTED,
        event.boot,
        event.mono_us,
        event.wall_us,
        event.synced,
        not_before_us=event.not_before_us,
    )


def _synchronised(event: Event) -> Reported:
    return Reported(_SYNCHRONISED, event.boot, event.mono_us, event.wall_us, event.synced)


def _card(event: CardRead) -> Reported:
    return _telling(_CARD, event, TapWord(event.reader, _text(event.credential)))


def _reader(event: Event) -> Reported:
    return Reported(_READER, event.boot, event.mono_us, event.wall_us, event.synced)


def _desk_state(event: DeskState) -> Reported:
    return Reported(
        _STATE,
        event.boot,
        event.mono_us,
        event.wall_us,
        event.synced,
        event.desk,
        event.state,
        event.reason,
    )


def _desk_session(event: DeskSession) -> Reported:
    return Reported(
        _SESSION,
        event.boot,
        event.mono_us,
        event.wall_us,
        event.synced,
        event.desk,
        start_ago_us=event.start_ago_us,
        end_ago_us=event.end_ago_us,
        continues=event.continues,
        is_open=event.open,
    )


def _telling(kind: str, event: Event, told: Told) -> Reported:
    return Reported(kind, event.boot, event.mono_us, event.wall_us, event.synced, told=told)


def _decided(event: AccessDecided) -> Reported:
    told = DoorWord(
        event.door,
        LEAVING if event.leaving else ACCESS,
        event.reason,
        event.granted,
        _text(event.credential),
    )
    return _telling(_DECIDED, event, told)


def _changed(event: DoorChanged) -> Reported:
    reasons = {MODE: event.mode, CONTACT: event.contact, STARTED: event.contact}
    told = DoorWord(
        event.door,
        event.what,
        reasons.get(event.what, ""),
        credential=_text(event.credential) if event.what in _WITH_CARD else "",
        command=event.command or "",
        mode=event.mode,
        contact=event.contact,
        released=event.released,
    )
    return _telling(_CHANGED, event, told)


def _text(credential: CredentialId | None) -> str:
    return "" if credential is None else credential.digits


def _answered(event: CommandAnswered) -> Reported:
    return _telling(_ANSWERED, event, AnswerWord(event.command, event.outcome))


def _offered(event: CardOffered) -> Reported:
    return _telling(_OFFERED, event, OfferWord(event.command, event.kind, event.sealed))


def _personalised(event: CardPersonalised) -> Reported:
    return _telling(_PERSONALISED, event, WrittenWord(event.command, event.reason))


_REPORTERS: dict[type, Any] = {
    DeviceStarted: _started,
    ClockSynchronised: _synchronised,
    CardRead: _card,
    ReaderState: _reader,
    DeskState: _desk_state,
    DeskSession: _desk_session,
    AccessDecided: _decided,
    DoorChanged: _changed,
    CommandAnswered: _answered,
    CardOffered: _offered,
    CardPersonalised: _personalised,
}
