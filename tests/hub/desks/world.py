"""Two spaces with doors, trusted devices, members, accounts and cards, on a real database."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Engine, insert, select, text, update

from hub.domain.cards import CardKind, CardState
from hub.domain.doors import CommandState
from hub.domain.people import AccessHours, Actor, Member, Membership, Role
from hub.domain.space import Door
from hub.ingest.intake import Message
from hub.services.card_desk import CardService
from hub.services.door_desk import DoorService
from hub.services.group_desk import GroupService
from hub.services.import_site import import_site
from hub.services.member_desk import MemberService
from hub.services.pass_desk import PassService
from hub.storage.access_tables import (
    AccessStateRow,
    AccountRoleRow,
    AccountRow,
    CardLookupRow,
    CardOrderRow,
    CardRow,
    CommandRow,
    DeviceTrustRow,
)
from hub.storage.access_unit import SqlUnits
from hub.storage.account_rows import SqlAccounts
from hub.storage.card_rows import CardRows
from hub.storage.door_rows import DoorRows
from hub.storage.entry_rows import EntryRows
from hub.storage.group_rows import GroupRows
from hub.storage.pass_rows import PassRows
from hub.storage.rights_rows import RightsRows
from hub.storage.statements import upsert
from hub.storage.tables import DeviceRow, DeviceStateRow, SpaceRow
from hub.storage.unit_of_work import UnitFactory
from tests.hub.ingest.hub import NOW_US, Hub, town
from tests.hub.ingest.spool import Spool
from wire.events import AccessDecided, CardOffered, CardPersonalised, CommandAnswered, DoorChanged
from wire.identifiers import CredentialId

SPACE, OTHER = "stadtlabor", "werkhalle"
CLI = Actor(None, "command line")
DOORS = (Door("haupt", "Haupteingang", "pi-1"), Door("hof", "Hoftür", "pi-2"), Door("keller", "Keller"))
S = 1_000_000
LOOKUPS = {1: "a1" * 32, 2: "b2" * 32}


class DoorSpool(Spool):
    """A device's spool that also tells of doors."""

    def access(
        self, lookup: str | None, at_s: float = 1, *, door: str = "haupt", synced: bool = True, **more: Any
    ) -> int:
        granted = more.setdefault("reason", "granted") == "granted"
        credential = None if lookup is None else CredentialId(lookup)
        base = self._base(at_s, synced)
        return self.add(
            AccessDecided(**base, door=door, reader="leser", credential=credential, granted=granted, **more)
        )

    def door(
        self,
        what: Any,
        at_s: float = 1,
        *,
        door: str = "haupt",
        synced: bool = True,
        contact: Any = "closed",
        **more: Any,
    ) -> int:
        values: dict[str, Any] = {"mode": "normal", "released": False, **more}
        return self.add(
            DoorChanged(**self._base(at_s, synced), door=door, what=what, contact=contact, **values)
        )

    def answered(self, command: str, outcome: Any = "done", at_s: float = 1) -> int:
        return self.add(CommandAnswered(**self._base(at_s, True), command=command, outcome=outcome))

    def offered(self, command: str, kind: Any = "desfire", at_s: float = 1) -> int:
        base = self._base(at_s, True)
        return self.add(CardOffered(**base, command=command, reader="leser", kind=kind, sealed="c2VhbGVk"))

    def written(self, command: str, reason: Any = "", at_s: float = 1) -> int:
        base = self._base(at_s, True)
        return self.add(
            CardPersonalised(**base, command=command, reader="leser", done=not reason, reason=reason)
        )


class World:
    """A hub with what hosts need; each look at the database is a connection of its own."""

    def __init__(self, engine: Engine, now_us: int = NOW_US) -> None:
        self.engine, self.now_us = engine, now_us
        self.hub = Hub(engine, now_us)
        self.cards = CardService(SqlUnits(engine, CardRows), lambda: self.now_us)
        self.doors = DoorService(SqlUnits(engine, DoorRows), SqlUnits(engine, EntryRows))
        self.members = MemberService(SqlUnits(engine, RightsRows))
        self.accounts = SqlAccounts(engine)
        self.groups = GroupService(SqlUnits(engine, GroupRows))
        self.passes = PassService(SqlUnits(engine, PassRows))

    def set_up(self) -> None:
        towns = [town(SPACE), town(OTHER, name="b")]
        spaces = [replace(one.spaces[0], doors=DOORS) for one in towns]
        import_site(
            UnitFactory(self.engine),
            [replace(one, spaces=(space,)) for one, space in zip(towns, spaces, strict=True)],
            self.now_us,
        )
        with self.engine.begin() as connection:
            for pk, (name, roles) in enumerate(
                (
                    ("Hanna Host", {(Role.HOST, SPACE)}),
                    ("Mara Manager", {(Role.MANAGER, SPACE)}),
                    ("Olaf Other", {(Role.MANAGER, OTHER), (Role.HOST, OTHER)}),
                    ("Mika Member", {(Role.MEMBER, SPACE)}),
                    ("Stat Istik", {(Role.STATISTICS, ""), (Role.TECHNICIAN, "")}),
                ),
                1,
            ):
                connection.execute(
                    insert(AccountRow).values(
                        mail=f"{name.split()[0].lower()}@example.org",
                        name=name,
                        uniquifier=f"u{pk}" * 16,
                        password_hash=None,
                        is_active=True,
                        member_pk=None,
                        created_us=self.now_us,
                        controller="Stadt",
                    )
                )
                for role, space in roles:
                    connection.execute(insert(AccountRoleRow).values(account_pk=pk, role=role, space=space))
        for device in ("pi-1", "pi-2"):
            self.trust(device)
            self.say(device)

    def actor(self, account: int, member: int | None = None) -> Actor:
        """Return who signs in with an account: 1 host, 2 manager, 3 of the other space, 4 member, 5 statistics."""
        found = self.accounts.by_pk(account)
        assert found is not None
        return Actor(account, found.name, found.reach, member)

    # -- devices

    def device_pk(self, device: str, space: str = SPACE) -> int:
        query = select(DeviceRow.pk).join(SpaceRow, SpaceRow.pk == DeviceRow.space_pk)
        with self.engine.connect() as connection:
            found = connection.execute(query.where(DeviceRow.id == device, SpaceRow.id == space)).scalar()
        assert found is not None
        return found

    def trust(self, device: str, *, space: str = SPACE, revoked_us: int | None = None) -> None:
        values = {"sealing_key": b"k" * 32, "generation": 1, "added_us": 1, "revoked_us": revoked_us}
        statement, device_pk = upsert(self.engine.dialect.name, DeviceTrustRow), self.device_pk(device, space)
        with self.engine.begin() as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=[DeviceTrustRow.device_pk], set_=values),
                {"device_pk": device_pk, **values},
            )

    def say(
        self,
        device: str,
        *,
        space: str = SPACE,
        status: str = "online",
        heard_us: int | None = None,
        calls: Sequence[str] = (),
        **health: Any,
    ) -> None:
        """Have a device say that it is there, has both doors and a reader at the first."""
        heard_us = self.now_us if heard_us is None else heard_us
        meta = {
            "readers": [
                {"id": "tisch", "desk": "flur"},
                {"id": "leser", "door": "haupt"},
                {"id": "kabel"},
            ],
            "doors": ["haupt"] if device == "pi-1" else [],
            "calls": list(calls),
            "access_version": 3,
            "access_until_us": self.now_us + 86_400 * S,
        }
        values = {
            "status": status, "session": "5" * 16, "status_us": heard_us, "heard_us": heard_us,
            "meta": json.dumps(meta), "health": json.dumps(health) if health else None,
        }  # fmt: skip
        statement, device_pk = upsert(self.engine.dialect.name, DeviceStateRow), self.device_pk(device, space)
        with self.engine.begin() as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=[DeviceStateRow.device_pk], set_=values),
                {"device_pk": device_pk, **values},
            )

    def confirm(self) -> None:
        """Have every device confirm its list."""
        with self.engine.begin() as connection:
            connection.execute(
                update(AccessStateRow).values(
                    compiled=AccessStateRow.wanted,
                    version=AccessStateRow.wanted,
                    applied=AccessStateRow.wanted,
                )
            )

    def wanted(self) -> dict[str, int]:
        """Return by `space/device` how often a list was wanted."""
        return dict(
            self.rows(
                "SELECT s.id || '/' || d.id, a.wanted FROM access_state a JOIN device d ON d.pk = a.device_pk"
                " JOIN space s ON s.pk = d.space_pk"
            )
        )

    # -- members and cards

    def member(self, name: str = "Jo", *, space: str = SPACE) -> int:
        membership = Membership(space, AccessHours.ALWAYS, date(2026, 1, 1))
        return self.members.save_member(Member(0, name, memberships=(membership,)), CLI, self.now_us)

    def card(
        self,
        label: str = "Karte 1",
        *,
        member: int | None = None,
        kind: str = "desfire",
        state: str = "",
        space: str = SPACE,
    ) -> int:
        """Store a card as enrolling makes it, and look-up values for it on both devices."""
        with self.engine.begin() as connection:
            space_pk = connection.execute(select(SpaceRow.pk).where(SpaceRow.id == space)).scalar_one()
            made = connection.execute(
                insert(CardRow).values(
                    space_pk=space_pk,
                    member_pk=member,
                    label=label,
                    kind=CardKind(kind),
                    state=CardState(state or ("spare" if member is None else "active")),
                    uid_tag=label.encode().ljust(32, b"."),
                    sealed_uid=b"u",
                    sealed_id=b"i",
                    generation=1,
                    active_until_us=None,
                    changed_us=1,
                    blocked_reason="",
                    rekey_needed=False,
                )
            )
            assert made.inserted_primary_key is not None
            pk = int(made.inserted_primary_key[0])
        for device in ("pi-1", "pi-2"):
            if pk in LOOKUPS:
                lookup = {"device_pk": self.device_pk(device, space), "lookup": LOOKUPS[pk], "card_pk": pk}
                with self.engine.begin() as connection:
                    connection.execute(insert(CardLookupRow), lookup)
        return pk

    def send(self, command: str) -> None:
        """Have `jobs` send a command."""
        with self.engine.begin() as connection:
            connection.execute(
                update(CommandRow)
                .where(CommandRow.id == command)
                .values(state=CommandState.SENT, sent_us=self.now_us)
            )
            connection.execute(
                update(CardOrderRow)
                .where(CardOrderRow.command == command, CardOrderRow.state == "asked")
                .values(state="waiting")
            )

    # -- events

    def take(self, *messages: Message) -> Any:
        self.hub.now_us = self.now_us
        return self.hub.take(*messages)

    def rows(self, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Return what a query gives on a connection of its own."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(sql), parameters)]

    def chain(self, name: str = "host") -> list[dict[str, Any]]:
        """Return the texts of a chain, in order; erased ones are left out."""
        found = self.rows(
            "SELECT payload FROM chain_entry WHERE chain = :name AND payload IS NOT NULL ORDER BY number",
            name=name,
        )
        return [json.loads(bytes(payload)) for (payload,) in found]
