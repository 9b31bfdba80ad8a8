"""Doors, their alarms and commands, in SQL (`hub.services.door_desk.DoorUnit`)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import delete, insert, select, union_all, update
from sqlalchemy.orm import aliased

from hub.domain.door_now import AlarmFacts, Command, DoorFacts, LastWord, ListState, called
from hub.domain.doors import DoorAlarm, DoorEventView, DoorMode
from hub.domain.errors import RuleRefused
from hub.domain.events import TimeQuality
from hub.domain.people import HOSTS
from hub.storage.access_tables import AccessStateRow, AccountRow, CommandRow, DeviceTrustRow
from hub.storage.access_unit import AccessUnit
from hub.storage.account_rows import AccountUnit
from hub.storage.device_facts import said
from hub.storage.door_tables import DoorAlarmRow, DoorLiveRow, DoorLogRow, RotaRow
from hub.storage.tables import DeviceRow, DeviceStateRow, DoorRow, SpaceRow

RECENT: Final = 10


class DoorRows(AccessUnit):
    """Doors within one transaction."""

    def doors(self, space: str) -> Sequence[DoorFacts]:
        """Return what is stored of a space's doors, in the order of the site; two queries."""
        query = _DOORS.where(DoorRow.space_pk == self.space(space).pk).order_by(DoorRow.position)
        return [_facts(row) for row in self._connection.execute(query)]

    def door(self, space: str, door: str) -> DoorFacts:
        """Return one door.

        Raises:
            RuleRefused: when the space has no such door.
        """
        doors = {facts.id: facts for facts in self.doors(space)}
        if door not in doors:
            known = ", ".join(doors) or "none: add [[town.space.door]] to the site file"
            raise RuleRefused(
                f'space "{space}" has no door "{door}"; known are {known}', code="unknown_door", door=door
            )
        return doors[door]

    def recent(self, doors: Sequence[DoorFacts]) -> Mapping[int, Sequence[DoorEventView]]:
        """Return by door key the last events, latest first, without persons; one query."""
        if not doors:
            return {}
        latest = [
            select(
                _LOG.where(DoorLogRow.door_pk == facts.pk)
                .order_by(DoorLogRow.at_us.desc(), DoorLogRow.epoch_pk.desc(), DoorLogRow.seq.desc())
                .limit(RECENT)
                .subquery()
            )
            for facts in doors
        ]
        found: dict[int, list[DoorEventView]] = {}
        for row in self._connection.execute(union_all(*latest)):
            is_exact = row.time_quality != TimeQuality.UNKNOWN
            event = DoorEventView(
                row.at_us, is_exact, row.what, row.granted, row.reason, is_remote=row.command is not None
            )
            found.setdefault(row.door_pk, []).append(event)
        return found

    def alarms(self, space: str, now_us: int) -> Sequence[AlarmFacts]:
        """Return alarms that last or that nobody has taken on, latest first; one query."""
        query = _CALLED.where(
            DoorRow.space_pk == self.space(space).pk,
            DoorAlarmRow.ended_us.is_(None) | DoorAlarmRow.seen_us.is_(None),
        ).order_by(DoorAlarmRow.began_us.desc(), DoorAlarmRow.pk.desc(), RotaRow.position)
        found: dict[int, Any] = {}
        rota: dict[int, list[str]] = {}
        for row in self._connection.execute(query):
            found[row.pk] = row
            names = rota.setdefault(row.pk, [])
            if row.on_rota is not None:
                names.append(row.on_rota)
        return [_alarm(row, rota[pk], now_us) for pk, row in found.items()]

    def alarm(self, pk: int) -> tuple[str, DoorAlarm]:
        """Return an alarm and the id of its space.

        Raises:
            RuleRefused: when there is none of this key.
        """
        query = self._locked(_ALARMS.where(DoorAlarmRow.pk == pk), DoorAlarmRow)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            raise RuleRefused(f"there is no alarm {pk}: it is over and gone", code="unknown_alarm")
        return row.space, _alarm(row, (), 0).alarm

    def take_on(self, pk: int, account: int | None, now_us: int) -> None:
        """Note who has taken an alarm on."""
        self._connection.execute(
            update(DoorAlarmRow).where(DoorAlarmRow.pk == pk).values(seen_us=now_us, seen_by_pk=account)
        )

    def add_command(self, command: Command, door: DoorFacts, mode: DoorMode | None, asked_us: int) -> None:
        """Store a command; `jobs` sends it."""
        self._connection.execute(
            insert(CommandRow).values(
                id=command.id,
                device_pk=door.device_pk,
                kind=command.kind,
                state=command.state,
                door_pk=door.pk,
                mode=mode,
                reader="",
                account_pk=command.account,
                asked_us=asked_us,
                sent_us=None,
                until_us=command.until_us,
                answered_us=None,
                outcome="",
                called_s=command.called_s,
            )
        )

    def command(self, id_: str) -> Command:
        """Return a command.

        Raises:
            RuleRefused: when there is none.
        """
        row: Any = self._connection.execute(_COMMANDS.where(CommandRow.id == id_)).one_or_none()
        if row is None:
            raise RuleRefused(
                f"there is no command {id_}: commands are kept for 30 days", code="unknown_command"
            )
        found = Command(*row)
        return replace(found, door=found.door or "")

    def rota(self, space: str) -> Sequence[int]:
        """Return the accounts that are called about alarms, in order."""
        query = select(RotaRow.account_pk).where(RotaRow.space_pk == self.space(space).pk)
        return list(self._connection.execute(query.order_by(RotaRow.position)).scalars())

    def save_rota(self, space: str, accounts: Sequence[int]) -> None:
        """Write who is called about alarms.

        Raises:
            RuleRefused: when one is no active account, or no host of the space: nobody else sees its alarms.
        """
        space_pk = self.space(space).pk
        wanted = AccountRow.pk.in_(accounts) & AccountRow.is_active
        found = {one.pk: one for one in AccountUnit(self._connection, self._is_writing).select(wanted)}
        if unknown := [pk for pk in accounts if pk not in found]:
            raise RuleRefused(
                f"account {unknown[0]} is not active: choose another one", code="unknown_account"
            )
        hosts = {(role, space) for role in HOSTS}
        if strange := [found[pk].mail for pk in accounts if hosts.isdisjoint(found[pk].reach)]:
            raise RuleRefused(
                f'{strange[0]} is no host of space "{space}": give them the role with `ankerort-hub user role`, or '
                "choose another one",
                code="no_host",
                mail=strange[0],
            )
        self._connection.execute(delete(RotaRow).where(RotaRow.space_pk == space_pk))
        rows = [
            {"space_pk": space_pk, "position": position, "account_pk": pk}
            for position, pk in enumerate(accounts)
        ]
        if rows:
            self._connection.execute(insert(RotaRow), rows)


def _facts(row: Any) -> DoorFacts:
    return DoorFacts(
        pk=row.pk,
        id=row.id,
        name=row.name,
        device=row.device or "",
        device_pk=row.device_pk,
        status=row.status,
        heard_us=row.heard_us or 0,
        meta=said(row.meta),
        health=said(row.health),
        last=None if row.mode is None else LastWord(row.mode, row.contact, row.released, row.since_us),
        lists=_lists(row),
    )


def _lists(row: Any) -> ListState | None:
    if row.trusted is None or row.revoked_us is not None:
        return None
    if row.wanted is None:
        return ListState()
    return ListState(row.wanted, row.compiled, row.version, row.applied)


def _alarm(row: Any, rota: Sequence[str], now_us: int) -> AlarmFacts:
    return AlarmFacts(
        row.door_pk,
        DoorAlarm(
            pk=row.pk,
            door=row.door,
            door_name=row.door_name,
            kind=row.kind,
            began_us=row.began_us,
            ended_us=row.ended_us,
            seen_us=row.seen_us,
            seen_by=row.seen_by or "",
            called="" if row.seen_us is not None else called(rota, row.began_us, now_us),
        ),
    )


_DOORS: Final = (
    select(
        DoorRow.pk,
        DoorRow.id,
        DoorRow.name,
        DeviceRow.id.label("device"),
        DeviceRow.pk.label("device_pk"),
        DeviceStateRow.status,
        DeviceStateRow.heard_us,
        DeviceStateRow.meta,
        DeviceStateRow.health,
        DoorLiveRow.mode,
        DoorLiveRow.contact,
        DoorLiveRow.released,
        DoorLiveRow.since_us,
        DeviceTrustRow.device_pk.label("trusted"),
        DeviceTrustRow.revoked_us,
        AccessStateRow.wanted,
        AccessStateRow.compiled,
        AccessStateRow.version,
        AccessStateRow.applied,
    )
    .outerjoin(DeviceRow, (DeviceRow.pk == DoorRow.device_pk) & DeviceRow.retired_us.is_(None))
    .outerjoin(DeviceStateRow, DeviceStateRow.device_pk == DeviceRow.pk)
    # A door that was given to another device has a row of the old one, too, which no longer counts.
    .outerjoin(
        DoorLiveRow, (DoorLiveRow.door_pk == DoorRow.pk) & (DoorLiveRow.device_pk == DoorRow.device_pk)
    )
    .outerjoin(DeviceTrustRow, DeviceTrustRow.device_pk == DeviceRow.pk)
    .outerjoin(AccessStateRow, AccessStateRow.device_pk == DeviceRow.pk)
    .where(DoorRow.retired_us.is_(None))
)
_LOG: Final = select(
    DoorLogRow.door_pk,
    DoorLogRow.at_us,
    DoorLogRow.time_quality,
    DoorLogRow.what,
    DoorLogRow.granted,
    DoorLogRow.reason,
    DoorLogRow.command,
)
_ALARMS: Final = (
    select(
        DoorAlarmRow.pk,
        DoorAlarmRow.door_pk,
        SpaceRow.id.label("space"),
        DoorRow.id.label("door"),
        DoorRow.name.label("door_name"),
        DoorAlarmRow.kind,
        DoorAlarmRow.began_us,
        DoorAlarmRow.ended_us,
        DoorAlarmRow.seen_us,
        AccountRow.name.label("seen_by"),
    )
    .join(DoorRow, DoorRow.pk == DoorAlarmRow.door_pk)
    .join(SpaceRow, SpaceRow.pk == DoorRow.space_pk)
    .outerjoin(AccountRow, AccountRow.pk == DoorAlarmRow.seen_by_pk)
)
_OnRota: Final = aliased(AccountRow)
# An alarm comes once for each active account that is called about it.
_CALLED: Final = (
    _ALARMS.add_columns(_OnRota.name.label("on_rota"))
    .outerjoin(RotaRow, RotaRow.space_pk == SpaceRow.pk)
    .outerjoin(_OnRota, (_OnRota.pk == RotaRow.account_pk) & _OnRota.is_active)
)
_COMMANDS: Final = (
    select(
        CommandRow.id,
        CommandRow.kind,
        CommandRow.state,
        SpaceRow.id,
        DoorRow.id,
        CommandRow.until_us,
        CommandRow.account_pk,
        CommandRow.outcome,
        CommandRow.answered_us,
        CommandRow.called_s,
    )
    .join(DeviceRow, DeviceRow.pk == CommandRow.device_pk)
    .join(SpaceRow, SpaceRow.pk == DeviceRow.space_pk)
    .outerjoin(DoorRow, DoorRow.pk == CommandRow.door_pk)
)
