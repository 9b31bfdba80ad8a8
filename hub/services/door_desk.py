"""What hosts do with doors: `hub.access_ports.DoorDesk`, one transaction each."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final, Protocol

from hub.domain.door_events import ACCESS
from hub.domain.door_now import AlarmFacts, Command, DoorFacts, command_view, door_view, last_word
from hub.domain.doors import (
    CommandKind,
    CommandState,
    CommandView,
    DoorAlarm,
    DoorEventView,
    DoorMode,
    DoorView,
    Today,
)
from hub.domain.entries import Entry, Holding, holders
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.people import HOSTS, Actor, Role, need_role
from hub.domain.texts import check_reason
from hub.domain.time import Interval, day_bounds, local_date

COMMAND_US: Final = 10_000_000
"""How long a command may be on its way (DESIGN section 6)."""
LOG_OPEN_US: Final = 900_000_000
"""How long persons may be read after a reason was given (requirement P7)."""
MIN_REASON: Final = 3
MIN_LOG_REASON: Final = 5
ID_BYTES: Final = 8


class DoorUnit(Protocol):
    """Doors within one transaction; rolled back unless committed."""

    def doors(self, space: str) -> Sequence[DoorFacts]:
        """Return what is stored of a space's doors, in the order of the site."""
        ...

    def door(self, space: str, door: str) -> DoorFacts:
        """Return one door; refused when the space has no such door."""
        ...

    def recent(self, doors: Sequence[DoorFacts]) -> Mapping[int, Sequence[DoorEventView]]:
        """Return by door key the last events, latest first, without persons."""
        ...

    def alarms(self, space: str, now_us: int) -> Sequence[AlarmFacts]:
        """Return alarms that last or that nobody has taken on, latest first."""
        ...

    def alarm(self, pk: int) -> tuple[str, DoorAlarm]:
        """Return an alarm, locked, and the id of its space; refused when there is none of this key."""
        ...

    def take_on(self, pk: int, account: int | None, now_us: int) -> None:
        """Note who has taken an alarm on."""
        ...

    def add_command(self, command: Command, door: DoorFacts, mode: DoorMode | None, asked_us: int) -> None:
        """Store a command."""
        ...

    def command(self, id_: str) -> Command:
        """Return a command; refused when there is none."""
        ...

    def rota(self, space: str) -> Sequence[int]:
        """Return the accounts that are called about alarms, in order."""
        ...

    def save_rota(self, space: str, accounts: Sequence[int]) -> None:
        """Write who is called about alarms; refused when one is no active account of a host there."""
        ...

    def log(self, what: Mapping[str, object], now_us: int, card: int | None = None) -> None:
        """Add an entry to the log of actions."""
        ...

    def commit(self) -> None:
        """Make all of it durable."""
        ...


class WhoCameUnit(Protocol):
    """Who came in, within one transaction."""

    def entries(self, space: str, start_us: int, end_us: int) -> Sequence[Entry]:
        """Return granted entries of a stretch of time, latest first."""
        ...

    def holdings(self, cards: Collection[int]) -> Sequence[Holding]:
        """Return whose cards were when."""
        ...

    def names(self, members: Collection[int]) -> dict[int, str]:
        """Return the names of members by key."""
        ...


class EntryUnit(WhoCameUnit, Protocol):
    """Entries within one transaction; rolled back unless committed."""

    def open_until_us(self, space: str, account: int) -> int:
        """Return until when an account may read persons, 0 for never."""
        ...

    def open_log(self, space: str, account: int, until_us: int, reason: str) -> None:
        """Note that an account may read persons until then."""
        ...

    def time_zone(self, space: str) -> str:
        """Return a space's zone."""
        ...

    def log(self, what: Mapping[str, object], now_us: int, card: int | None = None) -> None:
        """Add an entry to the log of actions."""
        ...

    def commit(self) -> None:
        """Make all of it durable."""
        ...


class DoorUnits(Protocol):
    """Begins transactions on doors; each raises `StoreUnavailable` when the database can't be used now."""

    def writing(self) -> AbstractContextManager[DoorUnit]:
        """Begin one that may commit."""
        ...

    def reading(self) -> AbstractContextManager[DoorUnit]:
        """Begin one that only looks."""
        ...


class EntryUnits(Protocol):
    """Begins transactions on entries; each raises `StoreUnavailable` when the database can't be used now."""

    def writing(self) -> AbstractContextManager[EntryUnit]:
        """Begin one that may commit."""
        ...

    def reading(self) -> AbstractContextManager[EntryUnit]:
        """Begin one that only looks."""
        ...


class DoorService:
    """Doors of spaces (`hub.access_ports.DoorDesk`).

    Args:
        units: where doors are kept.
        entries: where it is kept who came in.
    """

    def __init__(self, units: DoorUnits, entries: EntryUnits) -> None:
        self._units, self._entries = units, entries

    def doors(self, space: str, actor: Actor, now_us: int) -> Sequence[DoorView]:
        """Return the doors of a space as they are now."""
        need_role(actor, space, *HOSTS)
        with self._units.reading() as unit:
            doors = unit.doors(space)
            alarms, recent = unit.alarms(space, now_us), unit.recent(doors)
        return [door_view(facts, alarms, recent.get(facts.pk, ()), now_us) for facts in doors]

    def open_once(self, space: str, door: str, reason: str, actor: Actor, now_us: int) -> str:
        """Have a door opened once; return the command's id. Refused without a reason, and when its device is away."""
        need_role(actor, space, *HOSTS)
        reason = check_reason(reason, MIN_REASON)
        with self._units.writing() as unit:
            facts = unit.door(space, door)
            _check_there(facts, now_us)
            word = last_word(facts)
            if word is not None and word.mode is DoorMode.LOCKDOWN:
                raise RuleRefused(
                    f"{facts.name} is locked down: put it into normal mode first", code="lockdown", door=door
                )
            id_ = self._command(unit, CommandKind.OPEN, space, facts, actor, now_us)
            entry = {"what": "door_opened", "door": f"{space}/{door}", "reason": reason, "command": id_}
            unit.log({**entry, "by": actor.account}, now_us)
            unit.commit()
        return id_

    def set_mode(self, space: str, door: str, mode: DoorMode, reason: str, actor: Actor, now_us: int) -> str:
        """Put a door into a mode; return the command's id."""
        need_role(actor, space, *HOSTS)
        reason = check_reason(reason, MIN_REASON)
        with self._units.writing() as unit:
            facts = unit.door(space, door)
            _check_there(facts, now_us)
            id_ = self._command(unit, CommandKind.MODE, space, facts, actor, now_us, mode=mode)
            entry = {"what": "door_mode", "door": f"{space}/{door}", "mode": mode.value, "reason": reason}
            unit.log({**entry, "command": id_, "by": actor.account}, now_us)
            unit.commit()
        return id_

    def command(self, command: str, actor: Actor, now_us: int) -> CommandView:
        """Return what became of a command."""
        with self._units.reading() as unit:
            found = unit.command(command)
        if found.account is None or found.account != actor.account:
            need_role(actor, found.space, *HOSTS)
        return command_view(found, now_us)

    def alarms(self, space: str, actor: Actor, now_us: int) -> Sequence[DoorAlarm]:
        """Return the alarms that last or that nobody has taken on, latest first."""
        need_role(actor, space, *HOSTS)
        with self._units.reading() as unit:
            return [facts.alarm for facts in unit.alarms(space, now_us)]

    def take_on(self, alarm: int, actor: Actor, now_us: int) -> None:
        """Take an alarm on: the rota calls nobody further."""
        with self._units.writing() as unit:
            space, found = unit.alarm(alarm)
            need_role(actor, space, *HOSTS)
            if found.seen_us is not None:
                # Somebody was quicker: it is taken on, which is all that matters.
                return
            unit.take_on(alarm, actor.account, now_us)
            entry = {"what": "alarm_taken_on", "alarm": alarm, "door": f"{space}/{found.door}"}
            unit.log({**entry, "by": actor.account}, now_us)
            unit.commit()

    def today(self, space: str, actor: Actor, now_us: int) -> Today:
        """Return who came in today, persons only while the log is open to the actor (requirement P7)."""
        need_role(actor, space, *HOSTS)
        with self._entries.reading() as unit:
            zone = unit.time_zone(space)
            day = day_bounds(local_date(now_us, zone), zone)
            until_us = 0 if actor.account is None else unit.open_until_us(space, actor.account)
            return who_came(unit, space, day, until_us if until_us > now_us else 0)

    def open_log(self, space: str, reason: str, actor: Actor, now_us: int) -> int:
        """Let the actor read persons in the log for 15 minutes; return until when. The reason is logged (P7)."""
        need_role(actor, space, *HOSTS)
        if actor.account is None:
            raise NotAllowed(
                "the log is opened to a person: sign in with an account of your own", code="sign_in"
            )
        reason = check_reason(reason, MIN_LOG_REASON)
        until_us = now_us + LOG_OPEN_US
        with self._entries.writing() as unit:
            unit.open_log(space, actor.account, until_us, reason)
            unit.log({"what": "log_opened", "space": space, "reason": reason, "by": actor.account}, now_us)
            unit.commit()
        return until_us

    def rota(self, space: str, actor: Actor) -> Sequence[int]:
        """Return the accounts that are called about alarms, in order."""
        need_role(actor, space, *HOSTS)
        with self._units.reading() as unit:
            return unit.rota(space)

    def save_rota(self, space: str, accounts: Sequence[int], actor: Actor, now_us: int) -> None:
        """Say who is called about alarms, each 15 minutes after the one before; managers only."""
        need_role(actor, space, Role.MANAGER)
        if len(set(accounts)) < len(accounts):
            raise RuleRefused("somebody is named twice: each is called once, in turn", code="rota_twice")
        with self._units.writing() as unit:
            unit.save_rota(space, accounts)
            entry = {"what": "rota_saved", "space": space, "accounts": list(accounts), "by": actor.account}
            unit.log(entry, now_us)
            unit.commit()

    @staticmethod
    def _command(
        unit: DoorUnit,
        kind: CommandKind,
        space: str,
        door: DoorFacts,
        actor: Actor,
        now_us: int,
        *,
        mode: DoorMode | None = None,
    ) -> str:
        id_ = secrets.token_hex(ID_BYTES)
        state, until_us = CommandState.ASKED, now_us + COMMAND_US
        command = Command(id_, kind, state, space, door.id, until_us, actor.account)
        unit.add_command(command, door, mode, now_us)
        return id_


def who_came(unit: WhoCameUnit, space: str, day: Interval, open_until_us: int) -> Today:
    """Return who came in on a day, persons only while the log is open (requirement P7).

    Args:
        open_until_us: until when the log is open to whoever asks; 0 for not.
    """
    entries = unit.entries(space, day.start_us, day.end_us)
    came = holders(unit.holdings({e.card for e in entries if e.card is not None}), entries)
    members = {member for member in came if member is not None}
    names = unit.names(members) if open_until_us else {}
    shown = [
        DoorEventView(
            entry.at_us,
            entry.is_exact,
            ACCESS,
            granted=True,
            reason=entry.reason,
            who=names.get(member, "") if member is not None else "",
            card=entry.label if open_until_us else "",
        )
        for entry, member in zip(entries, came, strict=True)
    ]
    return Today(tuple(shown), len(members), open_until_us)


def _check_there(door: DoorFacts, now_us: int) -> None:
    if door.lists is None:
        raise RuleRefused(
            f"{door.name} has no device that the hub trusts: provision one first",
            code="no_device",
            door=door.id,
        )
    if not door.is_there(now_us):
        raise RuleRefused(
            f"the device of {door.name} is away: open with a card or a key, and see that it has power and a network",
            code="device_away",
            door=door.id,
        )
