"""The objects behind the golden payloads of `v1/`: what each file must be decoded to, and encoded from.

`v1/NAME` is one payload and a line feed. `v1/older/NAME` lacks every field that has a default, as from a
sender that does not know it yet; `v1/newer/NAME` has fields that this version does not know. Both must decode to
the object named here; nothing is encoded to them. What is inside a sealed message: `golden_bodies.py`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

import msgspec

from wire.codec import STRUCTS, decode, decode_batch, decode_event, encode, encode_batch, encode_event
from wire.events import (
    AccessDecided,
    AccessReason,
    CardKind,
    CardOffered,
    CardPersonalised,
    CardRead,
    ClockSynchronised,
    CommandAnswered,
    CommandOutcome,
    DeskSession,
    DeskState,
    DeviceStarted,
    DoorChanged,
    EventBase,
    ReaderState,
)
from wire.fields import MAX_SEQ
from wire.identifiers import CredentialId
from wire.messages import (
    BatchHeader,
    ChainHead,
    DeskMeta,
    DeskOccupancy,
    DeviceHealth,
    DeviceMeta,
    DoorHealth,
    Mark,
    Occupancy,
    ReaderMeta,
    Sealed,
    SeqRange,
    Status,
)
from wire.topics import ACCESS, COMMAND, EVENT, HEALTH, HUB_STATUS, MARK, META, OCCUPANCY, STATUS, Channel

FOLDER: Final = Path(__file__).parent / "v1"

BOOT: Final = "00c0ffee00c0ffee"
EPOCH: Final = "5eed5eed5eed5eed"
SESSION: Final = "0123456789abcdef"
CREDENTIAL: Final = CredentialId("c4" * 32)
COMMAND_ID: Final = "c0bbc0bbc0bbc0bb"
SEALED_OFFER: Final = "3lNzoG68SS5NkmkqxwAZULBfSYJyQ6gZoN25Z3R4GB7+DuA5LE4381IRlUQC22APcgfjhT4mbg=="
"""The UID 04a2b3c4d5e680 in answer to `COMMAND_ID`; test_offers.py holds the key that opens it."""
WALL_US: Final = 1_774_771_200_123_456
"""2026-03-29T08:00:00.123456Z, the morning on which summer time begins in Germany."""


@dataclass(frozen=True)
class Golden:
    """What a golden file holds.

    Args:
        channel: where the payload travels; EVENT for a single event line.
        message: the object.
    """

    channel: Channel
    message: msgspec.Struct

    def encoded(self) -> bytes:
        """Return the payload that the object must be encoded to."""
        return (
            encode_event(self.message)  # type: ignore[arg-type]
            if isinstance(self.message, EventBase)
            else encode(self.message)
        )

    def decoded(self, payload: bytes) -> msgspec.Struct:
        """Return the object that a payload is decoded to."""
        if self.channel is EVENT:
            return decode_event(payload)
        return decode(self.channel, STRUCTS[self.channel], payload)


def payload_of(name: str) -> bytes:
    """Return a golden payload without the line feed that ends its file."""
    data = (FOLDER / name).read_bytes()
    assert data.endswith(b"\n"), f"{name} does not end in a line feed"
    return data[:-1]


def _event(struct: type[Any], /, **fields: Any) -> Golden:
    when = {"boot": BOOT, "mono_us": 12_345_678, "wall_us": WALL_US, "synced": True}
    return Golden(EVENT, struct(**{**when, **fields}))


def _decided(**fields: Any) -> Golden:
    return _event(AccessDecided, **{"door": "main-door", "reader": "main-door-entry", **fields})


def _door(**fields: Any) -> Golden:
    how = {"door": "main-door", "mode": "normal", "contact": "closed", "released": False}
    return _event(DoorChanged, **{**how, **fields})


_HEALTH: Final[dict[str, Any]] = {
    "boot": BOOT,
    "mono_us": 60_000_000,
    "wall_us": WALL_US,
    "synced": True,
    "spool_depth": 17,
}

MESSAGES: Final[dict[str, Golden]] = {
    "event_device_started.json": _event(
        DeviceStarted, version="0.1.0", not_before_us=WALL_US - 1, mono_us=0, wall_us=0, synced=False
    ),
    "event_clock_synchronised.json": _event(ClockSynchronised),
    "event_card_read.json": _event(CardRead, reader="front-door", credential=CREDENTIAL),
    "event_reader_state_connected.json": _event(ReaderState, reader="front-door", connected=True),
    "event_reader_state_gone.json": _event(ReaderState, reader="front-door", connected=False),
    "event_desk_state_vacant.json": _event(DeskState, desk="desk-1", state="vacant"),
    "event_desk_state_occupied.json": _event(DeskState, desk="desk-1", state="occupied"),
    "event_desk_state_unknown_no_data.json": _event(
        DeskState, desk="desk-1", state="unknown", reason="no_data"
    ),
    "event_desk_state_unknown_stuck.json": _event(DeskState, desk="desk-1", state="unknown", reason="stuck"),
    "event_desk_state_unknown_silent.json": _event(
        DeskState, desk="desk-1", state="unknown", reason="silent"
    ),
    "event_desk_state_unknown_unplugged.json": _event(
        DeskState, desk="desk-1", state="unknown", reason="unplugged"
    ),
    "event_desk_session_whole.json": _event(
        DeskSession, desk="desk-1", start_ago_us=5_400_000_000, end_ago_us=900_000_000
    ),
    "event_desk_session_piece.json": _event(
        DeskSession, desk="desk-1", start_ago_us=900_000_000, end_ago_us=0, continues=True, open=True
    ),
    "event_access_decided_granted.json": _decided(
        credential=CREDENTIAL, granted=True, reason="granted", list_version=41
    ),
    "event_access_decided_passback.json": _decided(
        reader="main-door-exit",
        credential=CREDENTIAL,
        granted=True,
        reason="granted",
        list_version=41,
        leaving=True,
        passback=True,
    ),
    **{
        f"event_access_decided_{reason}.json": _decided(
            credential=CREDENTIAL, granted=False, reason=reason, list_version=41
        )
        for reason in get_args(AccessReason)
        if reason not in ("granted", "no_list", "card_unusable")
    },
    "event_access_decided_no_list.json": _decided(credential=CREDENTIAL, granted=False, reason="no_list"),
    "event_access_decided_card_unusable.json": _decided(
        granted=False, reason="card_unusable", list_version=41
    ),
    "event_door_changed_started.json": _door(what="started", contact="unknown"),
    "event_door_changed_taken.json": _door(
        what="taken", contact="open", released=True, credential=CREDENTIAL
    ),
    "event_door_changed_not_opened.json": _door(what="not_opened", credential=CREDENTIAL),
    "event_door_changed_exit_requested.json": _door(what="exit_requested", released=True),
    "event_door_changed_called.json": _door(what="called"),
    "event_door_changed_opened_remotely.json": _door(
        what="opened_remotely", released=True, command=COMMAND_ID
    ),
    "event_door_changed_forced.json": _door(what="forced", contact="open"),
    "event_door_changed_held_soon.json": _door(what="held_soon", contact="open"),
    "event_door_changed_held.json": _door(what="held", contact="open"),
    "event_door_changed_closed.json": _door(what="closed"),
    "event_door_changed_contact.json": _door(what="contact", contact="unknown"),
    "event_door_changed_tamper.json": _door(what="tamper"),
    "event_door_changed_tamper_ended.json": _door(what="tamper_ended"),
    "event_door_changed_mode_normal.json": _door(what="mode", command=COMMAND_ID),
    "event_door_changed_mode_office.json": _door(
        what="mode", mode="office", released=True, credential=CREDENTIAL
    ),
    "event_door_changed_mode_evacuate.json": _door(
        what="mode", mode="evacuate", released=True, command=COMMAND_ID
    ),
    "event_door_changed_mode_lockdown.json": _door(what="mode", mode="lockdown", command=COMMAND_ID),
    **{
        f"event_command_answered_{outcome}.json": _event(CommandAnswered, command=COMMAND_ID, outcome=outcome)
        for outcome in get_args(CommandOutcome)
    },
    **{
        f"event_card_offered_{kind}.json": _event(
            CardOffered, command=COMMAND_ID, reader="host-reader", kind=kind, sealed=SEALED_OFFER
        )
        for kind in get_args(CardKind)
    },
    "event_card_personalised_done.json": _event(
        CardPersonalised, command=COMMAND_ID, reader="host-reader", done=True
    ),
    **{
        f"event_card_personalised_{reason}.json": _event(
            CardPersonalised, command=COMMAND_ID, reader="host-reader", done=False, reason=reason
        )
        for reason in ("removed", "another_card", "foreign", "refused", "cancelled")
    },
    "status_online.json": Golden(STATUS, Status(state="online", session=SESSION, epoch=EPOCH)),
    "status_offline.json": Golden(STATUS, Status(state="offline", session=SESSION, epoch=EPOCH)),
    "status_lost.json": Golden(STATUS, Status(state="lost", session=SESSION, epoch=EPOCH)),
    "hub_status_online.json": Golden(HUB_STATUS, Status(state="online", session=SESSION)),
    "meta.json": Golden(
        META,
        DeviceMeta(
            version="0.1.0",
            boot=BOOT,
            readers=[
                ReaderMeta(id="front-door", door="main-door"),
                ReaderMeta(id="desk-1-reader", desk="desk-1"),
            ],
            desks=[DeskMeta(id="desk-1", sensor="pir-1", kind="pir")],
            doors=["main-door"],
            capabilities=["card.uid", "Türöffner"],
            access_version=41,
        ),
    ),
    "health.json": Golden(
        HEALTH,
        DeviceHealth(
            **_HEALTH,
            spool_store="memory",
            temperature_c=51.5,
            disk_free_bytes=12_884_901_888,
            throttled=False,
            rss_bytes=41_943_040,
            readers={"front-door": True, "desk-1-reader": False},
            desks={"desk-1": "occupied", "desk-2": "vacant", "desk-3": "unknown"},
        ),
    ),
    "health_unmeasured.json": Golden(HEALTH, DeviceHealth(**_HEALTH)),
    "meta_doors.json": Golden(
        META,
        DeviceMeta(
            version="0.2.0",
            boot=BOOT,
            readers=[
                ReaderMeta(id="main-door-entry", door="main-door"),
                ReaderMeta(id="main-door-exit", door="main-door", leaving=True),
            ],
            doors=["main-door"],
            capabilities=["card.uid", "card.desfire", "card.ntag424"],
            access_version=41,
            access_until_us=WALL_US + 14 * 86_400 * 1_000_000,
            heads=[
                ChainHead(chain="host", length=0, head="00" * 32),
                ChainHead(chain="wittenberge/front-door", length=MAX_SEQ, head="4e" * 32),
            ],
        ),
    ),
    "meta_calls.json": Golden(
        META,
        DeviceMeta(
            version="0.3.0",
            boot=BOOT,
            doors=["back-door", "main-door"],
            capabilities=["cards", "locks"],
            calls=["main-door"],
        ),
    ),
    "health_doors.json": Golden(
        HEALTH,
        DeviceHealth(
            **_HEALTH,
            readers={"main-door-entry": True, "main-door-exit": True},
            time_trusted=True,
            doors={
                "back-door": DoorHealth(mode="lockdown", contact="unknown", released=False, tampered=True),
                "main-door": DoorHealth(mode="normal", contact="closed", released=False),
            },
            refused={"wrong-signature": 1, "expired": 1_000_000},
        ),
    ),
    "mark.json": Golden(MARK, Mark(epoch=EPOCH, upto=9_223_372_036_854_775_807)),
    "mark_nothing_yet.json": Golden(MARK, Mark(epoch=EPOCH, upto=0)),
    "access_envelope.json": Golden(ACCESS, Sealed(header="{}", body="Ym9keQ==", signature="c2ln")),
    "command_envelope.json": Golden(COMMAND, Sealed(header="{}", body="Ym9keQ==", signature="c2ln")),
    "occupancy.json": Golden(
        OCCUPANCY,
        Occupancy(
            at_us=WALL_US,
            desks=[
                DeskOccupancy(desk="desk-1", state="free"),
                DeskOccupancy(desk="desk-2", state="occupied"),
                DeskOccupancy(desk="desk-3", state="unknown"),
                DeskOccupancy(desk="desk-4", state="out_of_service"),
            ],
        ),
    ),
    "occupancy_no_desks.json": Golden(OCCUPANCY, Occupancy(at_us=WALL_US, desks=[])),
}
"""Files of this version and of those before; all hold what the object is encoded to, but for `BEFORE`."""

BEFORE_DOORS: Final = frozenset({"meta.json", "health.json", "health_unmeasured.json"})
BEFORE_CALLS: Final = frozenset({"meta_doors.json"})
BEFORE: Final = BEFORE_DOORS | BEFORE_CALLS
"""Files that stay as they were when their struct got more fields: their object is encoded to these fields and more."""

OLDER: Final[dict[str, Golden]] = {
    "older/event_device_started.json": _event(DeviceStarted, version="0.1.0"),
    "older/event_desk_state.json": MESSAGES["event_desk_state_occupied.json"],
    "older/event_desk_session.json": MESSAGES["event_desk_session_whole.json"],
    "older/event_access_decided.json": _decided(granted=True, reason="granted"),
    "older/event_door_changed.json": _door(what="forced", contact="open"),
    "older/event_card_personalised.json": MESSAGES["event_card_personalised_done.json"],
    "older/status.json": MESSAGES["hub_status_online.json"],
    "older/meta.json": Golden(META, DeviceMeta(version="0.1.0", boot=BOOT)),
    "older/meta_reader.json": Golden(
        META,
        DeviceMeta(version="0.1.0", boot=BOOT, readers=[ReaderMeta(id="front-door")]),
    ),
    "older/health.json": MESSAGES["health_unmeasured.json"],
    "older/health_door.json": Golden(
        HEALTH,
        DeviceHealth(
            **_HEALTH, doors={"main-door": DoorHealth(mode="normal", contact="open", released=True)}
        ),
    ),
}
"""Files without any field that has a default."""

NEWER: Final[dict[str, Golden]] = {
    "newer/event_card_read.json": MESSAGES["event_card_read.json"],
    "newer/event_desk_session.json": MESSAGES["event_desk_session_piece.json"],
    "newer/event_access_decided.json": MESSAGES["event_access_decided_granted.json"],
    "newer/event_door_changed.json": MESSAGES["event_door_changed_opened_remotely.json"],
    "newer/event_command_answered.json": MESSAGES["event_command_answered_done.json"],
    "newer/event_card_offered.json": MESSAGES["event_card_offered_desfire.json"],
    "newer/event_card_personalised.json": MESSAGES["event_card_personalised_done.json"],
    "newer/status.json": MESSAGES["status_online.json"],
    "newer/meta.json": MESSAGES["meta.json"],
    "newer/health.json": MESSAGES["health_unmeasured.json"],
    "newer/meta_doors.json": MESSAGES["meta_doors.json"],
    "newer/health_doors.json": MESSAGES["health_doors.json"],
    "newer/mark.json": MESSAGES["mark_nothing_yet.json"],
    "newer/access_envelope.json": MESSAGES["access_envelope.json"],
    "newer/occupancy.json": MESSAGES["occupancy.json"],
}
"""Files with fields, of every JSON type, that this version does not know."""


@dataclass(frozen=True)
class GoldenBatch:
    """What a golden batch holds: its header, and the golden files of its events, in order."""

    header: BatchHeader
    events: tuple[str, ...]

    def encoded(self) -> bytes:
        """Return the payload that header and events must be encoded to."""
        return encode_batch(self.header, [payload_of(name) for name in self.events])

    def decoded(self, payload: bytes) -> tuple[BatchHeader, list[bytes]]:
        """Return header and event lines that a payload is taken apart into."""
        return decode_batch(payload)


BATCHES: Final[dict[str, GoldenBatch]] = {
    "batch_one_event.ndjson": GoldenBatch(
        BatchHeader(epoch=EPOCH, first=1, last=1, floor=1), ("event_device_started.json",)
    ),
    "batch_with_losses.ndjson": GoldenBatch(
        BatchHeader(
            epoch=EPOCH, first=101, last=110, floor=99, lost=[SeqRange(103, 105), SeqRange(108, 110)]
        ),
        (
            "event_card_read.json",
            "event_desk_state_occupied.json",
            "event_desk_session_piece.json",
            "event_desk_session_whole.json",
        ),
    ),
    "batch_all_lost.ndjson": GoldenBatch(
        BatchHeader(epoch=EPOCH, first=1, last=1_000_000, floor=1_000_001, lost=[SeqRange(1, 1_000_000)]), ()
    ),
}
"""Batches that hold exactly what header and events are encoded to."""

NEWER_BATCHES: Final[dict[str, GoldenBatch]] = {
    "newer/batch.ndjson": BATCHES["batch_with_losses.ndjson"],
}
"""Batches whose header has fields, and whose lost ranges have items, that this version does not know."""

SEALED: Final = ("sealed_access.json", "sealed_command.json")
"""Real envelopes; test_signing.py holds the keys that open them."""
