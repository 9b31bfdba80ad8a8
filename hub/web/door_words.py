"""Doors in words: how each is, what happened there, what became of what a host asked (requirement A2)."""

from dataclasses import dataclass
from typing import Final

from hub.domain.doors import (
    CommandKind,
    CommandState,
    CommandView,
    Contact,
    DoorAlarm,
    DoorAlarmKind,
    DoorEventView,
    DoorMode,
    DoorView,
)
from hub.domain.occupancy import DeviceStatus
from hub.domain.time import to_local
from hub.web.language import N_, gettext
from hub.web.wording import day_and_clock

CONTACTS: Final[dict[Contact, str]] = {
    Contact.OPEN: N_("stands open"),
    Contact.CLOSED: N_("closed"),
    Contact.UNKNOWN: N_("unknown whether open or closed"),
}

MODES: Final[dict[DoorMode, str]] = {
    DoorMode.NORMAL: N_("Normal"),
    DoorMode.OFFICE: N_("Kept unlocked"),
    DoorMode.EVACUATE: N_("Evacuation"),
    DoorMode.LOCKDOWN: N_("Lockdown"),
}

MODE_NOTES: Final[dict[DoorMode, str]] = {
    DoorMode.NORMAL: N_("Locked. Each card opens it for a moment, as its member may."),
    DoorMode.OFFICE: N_("Everyone comes in without a card until the opening hours of this door end."),
    DoorMode.EVACUATE: N_("Unlocked for everyone until somebody ends it. For emergencies and drills."),
    DoorMode.LOCKDOWN: N_("No card opens it, except hosts' cards where the door is set up so."),
}

STATUSES: Final[dict[DeviceStatus, str]] = {
    DeviceStatus.NEVER: N_("The device has never reported."),
    DeviceStatus.ONLINE: N_("The device is there."),
    DeviceStatus.OFFLINE: N_("The device is switched off."),
    DeviceStatus.LOST: N_("The device does not answer."),
}

ALARMS: Final[dict[DoorAlarmKind, str]] = {
    DoorAlarmKind.FORCED: N_("Opened without a card or button"),
    DoorAlarmKind.HELD: N_("Stands open for too long"),
    DoorAlarmKind.TAMPER: N_("The housing of the reader was opened"),
}

ALARM_HELP: Final[dict[DoorAlarmKind, str]] = {
    DoorAlarmKind.FORCED: N_(
        "Look whether someone is there who does not belong there, and whether lock and frame are whole."
    ),
    DoorAlarmKind.HELD: N_("Close the door, or see what keeps it open."),
    DoorAlarmKind.TAMPER: N_(
        "Look at the reader: nothing may be stuck on it or missing. In doubt, lock the door with the key."
    ),
}

EVENTS: Final[dict[str, str]] = {
    "leaving": N_("Card at the exit reader"),
    "started": N_("Device started"),
    "taken": N_("Door opened after a card"),
    "not_opened": N_("Unlocked, but nobody opened"),
    "exit_requested": N_("Exit button"),
    "called": N_("Button outside pressed"),
    "opened_remotely": N_("Opened from here"),
    "forced": N_("Opened without a card or button"),
    "held_soon": N_("Stands open for long"),
    "held": N_("Stands open for too long"),
    "closed": N_("Closed"),
    "contact": N_("Contact"),
    "tamper": N_("The housing of the reader was opened"),
    "tamper_ended": N_("The housing of the reader is closed again"),
    "mode": N_("Mode"),
}
"""By the wire's `DoorWhat`, and `leaving`; `access` is worded by its reason."""

REMOTE_EVENTS: Final[dict[str, str]] = {
    "taken": N_("Opened from here, and used"),
    "not_opened": N_("Unlocked from here, but nobody opened"),
}
"""What is told of a card and of a command alike, of a command."""

REASONS: Final[dict[str, str]] = {
    "granted": N_("let in"),
    "unknown_card": N_("unknown card"),
    "blocked": N_("blocked card"),
    "outside_window": N_("not at this time"),
    "wrong_door": N_("not at this door"),
    "list_expired": N_("access list too old"),
    "no_list": N_("no access list yet"),
    "time_not_trusted": N_("time at the door not certain"),
    "lockdown": N_("lockdown"),
    "double_tap": N_("card held twice"),
    "uid_not_allowed": N_("card without keys"),
    "card_unusable": N_("card could not be read"),
    "not_authentic": N_("card is not genuine"),
    "too_slow": N_("card answered too late, as if it were far away"),
}
"""By the wire's `AccessReason`."""

OUTCOMES: Final[dict[str, str]] = {
    "done": N_("Done."),
    "expired": N_("Came too late to the door and was not carried out. Nothing has happened; try again."),
    "time_not_trusted": N_(
        "The door does not know the time for certain, so it obeys nothing from afar. Use a card or a key."
    ),
    "unknown_door": N_("The device does not know this door. Its settings must be looked at."),
    "unknown_reader": N_("The device does not know this reader. Its settings must be looked at."),
    "lockdown": N_("The door is locked down. End the lockdown first."),
    "cancelled": N_("Cancelled."),
    "not_called": N_(
        "The button at the door was not pressed within the last 30 seconds, so nothing was opened. Press it, then try "
        "again."
    ),
    "nobody_came": N_("The time is over; no card came."),
    "offline": N_("The device is away. Nothing has happened; use a card or a key."),
    "no_answer": N_("The door did not answer. Whether it opened is not known: please look."),
    "no_keys": N_("The hub has no keys yet, so it can't command any door. Whoever runs it must set them up."),
}
"""By the wire's `CommandOutcome`, and the hub's own."""


@dataclass(frozen=True, slots=True)
class DoorWords:
    """A door in words.

    Args:
        state: for marks and colours: `closed`, `open`, `unknown`, `lockdown` or `alarm`.
        sentence: "closed and locked", for the eye that looks once.
        notes: what somebody should know besides, the most urgent first.
    """

    door: DoorView
    state: str
    sentence: str
    mode: str
    mode_since: str
    since: str
    notes: tuple[str, ...]
    access_list: str

    @property
    def is_there(self) -> bool:
        """Whether its device can be asked to do something."""
        return self.door.status is DeviceStatus.ONLINE

    @property
    def is_locked_down(self) -> bool:
        """Whether the last word of the door was that it is locked down."""
        return self.door.mode is DoorMode.LOCKDOWN


def door_words(door: DoorView, zone: str, now_us: int) -> DoorWords:
    """Return a door in words; one whose device is away is never called closed or locked."""
    is_there = door.status is DeviceStatus.ONLINE
    since = day_and_clock(door.since_us, zone, now_us) if door.since_us else ""
    return DoorWords(
        door=door,
        state=_state(door),
        sentence=_sentence(door) if is_there else gettext("State unknown"),
        mode=gettext(MODES[door.mode])
        if is_there
        else gettext("last: %(mode)s", mode=gettext(MODES[door.mode])),
        mode_since=day_and_clock(door.mode_since_us, zone, now_us) if is_there and door.mode_since_us else "",
        since=since,
        notes=tuple(_notes(door, since)),
        access_list=_access_list(door, zone, now_us),
    )


def _state(door: DoorView) -> str:
    if any(alarm.ended_us is None for alarm in door.alarms):
        return "alarm"
    if door.status is not DeviceStatus.ONLINE:
        return "unknown"
    return "lockdown" if door.mode is DoorMode.LOCKDOWN else str(door.contact)


def _sentence(door: DoorView) -> str:
    """Three words on contact, three on the lock: each pair as one text, since languages order them differently."""
    if not door.has_lock:
        return {
            Contact.OPEN: gettext("Stands open"),
            Contact.CLOSED: gettext("Closed"),
            Contact.UNKNOWN: gettext("Unknown whether open or closed"),
        }[door.contact]
    if door.released:
        return {
            Contact.OPEN: gettext("Stands open, unlocked"),
            Contact.CLOSED: gettext("Closed, but unlocked"),
            Contact.UNKNOWN: gettext("Unlocked; unknown whether open or closed"),
        }[door.contact]
    return {
        Contact.OPEN: gettext("Stands open, lock engaged"),
        Contact.CLOSED: gettext("Closed and locked"),
        Contact.UNKNOWN: gettext("Locked; unknown whether open or closed"),
    }[door.contact]


def _notes(door: DoorView, since: str) -> list[str]:
    notes = []
    if not door.device:
        return [gettext("There is no device at this door: it opens with its key alone.")]
    if door.status is not DeviceStatus.ONLINE:
        notes.append(gettext(STATUSES[door.status]))
        if since:
            notes.append(
                gettext(
                    "Last known at %(time)s. Cards go on working as long as its access list holds.",
                    time=since,
                )
            )
    elif not door.lock_works:
        notes.append(gettext("The lock does not obey its device: look whether the door holds."))
    elif not door.has_lock:
        notes.append(gettext("The device does not open this door: no lock is connected to it."))
    return notes


def _access_list(door: DoorView, zone: str, now_us: int) -> str:
    """Return what the door knows of who may come in."""
    if not door.device:
        return ""
    if not door.applied_version:
        return gettext("none yet: no card opens this door")
    if door.list_until_us and door.list_until_us <= now_us:
        return gettext("too old: only cards that work without the hub still open")
    until = day_and_clock(door.list_until_us, zone, now_us) if door.list_until_us else ""
    if door.is_unmade:
        return gettext(
            "a change waits at the hub, which has not made a new list yet; the door still has version %(version)s. If "
            "this stays, whoever runs the hub finds the cause in its log",
            version=door.applied_version,
        )
    if door.is_pending:
        return gettext(
            "a change is on its way; the door still has version %(version)s", version=door.applied_version
        )
    if until:
        return gettext(
            "up to date (version %(version)s), good until %(time)s", version=door.applied_version, time=until
        )
    return gettext("up to date (version %(version)s)", version=door.applied_version)


def event_text(event: DoorEventView) -> str:
    """Return what happened at a door."""
    if event.what == "access":
        reason = gettext(REASONS[event.reason]) if event.reason in REASONS else event.reason
        if event.granted:
            return gettext("Card: let in")
        return gettext("Card: refused, %(reason)s", reason=reason)
    texts = EVENTS | REMOTE_EVENTS if event.is_remote else EVENTS
    text = gettext(texts[event.what]) if event.what in texts else event.what
    more = ""
    if event.what == "mode" and event.reason in set(DoorMode):
        more = gettext(MODES[DoorMode(event.reason)])
    elif event.what in ("contact", "started") and event.reason in set(Contact):
        more = gettext(CONTACTS[Contact(event.reason)])
    return gettext("%(what)s: %(more)s", what=text, more=more) if more else text


def event_time(event: DoorEventView, zone: str, now_us: int) -> str:
    """Return when something happened; "at the latest" when the device did not know the time."""
    at = day_and_clock(event.at_us, zone, now_us, seconds=True)
    return at if event.is_exact else gettext("until %(time)s", time=at)


def alarm_time(alarm: DoorAlarm, zone: str, now_us: int) -> str:
    """Return since when an alarm lasts, or from when until when it did."""
    began = day_and_clock(alarm.began_us, zone, now_us)
    if alarm.ended_us is None:
        return gettext("since %(time)s, lasts", time=began)
    return gettext("%(begin)s to %(end)s", begin=began, end=f"{to_local(alarm.ended_us, zone):%H:%M}")


@dataclass(frozen=True, slots=True)
class CommandWords:
    """What became of a command.

    Args:
        step: 0 asked, 1 sent, 2 answered.
        state: `waiting`, `done`, `failed` or `unknown`.
    """

    step: int
    state: str
    sentence: str


def command_words(command: CommandView) -> CommandWords:
    """Return what became of a command; what nobody answered is not called failed: the door may have obeyed."""
    if command.state is CommandState.ASKED:
        return CommandWords(0, "waiting", gettext("Asked. The hub is sending it to the door."))
    if command.state is CommandState.SENT:
        return CommandWords(1, "waiting", gettext("Sent. Waiting for the door's answer."))
    if command.outcome == "done":
        is_open = command.kind is CommandKind.OPEN
        sentence = (
            gettext("The door is unlocked now, for a few seconds.")
            if is_open
            else gettext("The door has changed its mode.")
        )
        return CommandWords(2, "done", sentence)
    text = OUTCOMES.get(command.outcome)
    state = "unknown" if command.outcome == "no_answer" else "failed"
    return CommandWords(2, state, gettext(text) if text else command.outcome)
