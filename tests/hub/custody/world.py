"""A space with doors, trusted devices, members and cards on a real database, and what jobs does for them with keys."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import Engine, insert, select, text, update

from hub.domain.cards import CardKind, CardState, OrderKind, OrderState
from hub.domain.doors import CommandKind, CommandState
from hub.domain.people import AccessHours
from hub.domain.space import Desk, Device, Door, OpeningPeriod, Phase, Space, SpaceKind, Town
from hub.keys import Keys
from hub.ledger import FileLedger
from hub.sealing import Sealer
from hub.services.import_site import import_site
from hub.services.open_offers import OpenOffers
from hub.services.publish_access import PublishAccess
from hub.services.send_commands import SendCommands
from hub.storage.access_state import SqlAccessLists
from hub.storage.access_tables import (
    AccessStateRow,
    CardOrderRow,
    CardRow,
    CommandRow,
    MemberRow,
    MembershipRow,
)
from hub.storage.booked_times import SqlBookedTimes
from hub.storage.command_queue import SqlCommandQueue
from hub.storage.device_trust import SqlDeviceTrusts
from hub.storage.offered_cards import SqlOffers
from hub.storage.tables import DeviceRow, DeviceStateRow, DoorRow, SpaceRow
from hub.storage.unit_of_work import UnitFactory
from hub.storage.wanted_lists import want_lists
from wire.access import AccessList, Command, decode_access_list, decode_command
from wire.codec import decode
from wire.messages import Sealed
from wire.signing import CHANNEL_OF, Purpose, SealedHeader, unseal

SPACE = "werkstatt"
DEVICES = ("pi-1", "pi-2")
SESSION = "00000000000000aa"
NOW_US = 1_795_000_200_000_000
"""18 November 2026, a Wednesday, 11:10 UTC."""

TOWN = Town(
    id="musterstadt",
    ags="12070424",
    name="Musterstadt",
    land="BB",
    spaces=(
        Space(
            id=SPACE,
            town="musterstadt",
            name="Werkstatt",
            kind=SpaceKind.COWORKING,
            phase=Phase.OPERATION,
            valid_from=date(2026, 1, 1),
            opening=tuple(OpeningPeriod(day, time(8), time(18)) for day in range(5)),
            doors=(Door("haupttuer", "Haupttür", DEVICES[0]), Door("lager", "Lager", DEVICES[1])),
            devices=tuple(Device(device, device) for device in DEVICES),
            desks=(Desk("t1", "Tisch 1"),),
        ),
    ),
)


@dataclass
class Mail:
    """What was said to devices; retained messages by topic, as a broker keeps them."""

    lists: dict[tuple[str, str], bytes] = field(default_factory=dict)
    commands: list[tuple[str, str, bytes]] = field(default_factory=list)
    published: list[tuple[str, str, bytes]] = field(default_factory=list)

    def access(self, space: str, device: str, payload: bytes) -> None:
        self.lists[space, device] = payload
        self.published.append((space, device, payload))

    def command(self, space: str, device: str, payload: bytes) -> None:
        self.commands.append((space, device, payload))


class World:
    """A hub's database and its keys; `restarted` gives the same one after a restart of jobs."""

    def __init__(self, engine: Engine, folder: Path, keys: Keys | None = None) -> None:
        self.engine, self.folder = engine, folder
        self.keys = keys or Keys.new()
        self.secrets: dict[str, X25519PrivateKey] = {}
        self._begin()

    def _begin(self) -> None:
        self.sealing = Sealer(self.keys)
        self.mail = Mail()
        self.ledger = FileLedger(self.folder / "ledger.jsonl")
        self.lists = SqlAccessLists(self.engine)
        self.trusts = SqlDeviceTrusts(self.engine)
        self.publish = PublishAccess(self.lists, self.ledger, self.mail, SqlBookedTimes(self.engine))
        self.commands = SendCommands(SqlCommandQueue(self.engine), self.mail)
        self.offers = OpenOffers(SqlOffers(self.engine))

    def restarted(self) -> "World":
        """Return jobs after a restart, on the same database and files; the broker has forgotten everything."""
        made = World(self.engine, self.folder, self.keys)
        made.secrets = self.secrets
        return made

    # -- what stands in the database ----------------------------------------------------------------------------------

    def set_up(self, *spaces: Space, now_us: int = NOW_US) -> None:
        """Import the site and trust its devices."""
        town = replace(TOWN, spaces=spaces) if spaces else TOWN
        import_site(UnitFactory(self.engine), (town,), now_us)
        for space in town.spaces:
            for device in space.devices:
                self.trust(device.id, space.id, now_us)

    def trust(self, device: str = DEVICES[0], space: str = SPACE, now_us: int = NOW_US) -> int:
        secret = self.secrets[device] = X25519PrivateKey.generate()
        return self.trusts.add(space, device, secret.public_key().public_bytes_raw(), now_us)

    def key(self, table: Any, id_: str) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(select(table.pk).where(table.id == id_)).scalar_one())

    def member(self, **membership: Any) -> int:
        values = {
            "hours": AccessHours.ALWAYS,
            "valid_from": date(2026, 1, 1),
            "valid_to": None,
            "is_host": False,
            "works_offline": False,
        } | membership
        with self.engine.begin() as connection:
            added = insert(MemberRow).values(name="A", mail="", needs_longer=False, created_us=1)
            pk = int(connection.execute(added.returning(MemberRow.pk)).scalar_one())
            space_pk = connection.execute(select(SpaceRow.pk).where(SpaceRow.id == SPACE)).scalar_one()
            connection.execute(insert(MembershipRow).values(member_pk=pk, space_pk=space_pk, **values))
            want_lists(connection, space_pk)
        return pk

    def card(self, member: int | None = None, uid: bytes = b"", space: str = SPACE, **values: Any) -> int:
        """Add a personalised card, active when it has a member."""
        uid = uid or secrets.token_bytes(7)
        tag = self.keys.uid_tag(uid)
        row = {
            "member_pk": member,
            "label": "Karte",
            "kind": CardKind.DESFIRE,
            "state": CardState.SPARE if member is None else CardState.ACTIVE,
            "uid_tag": tag,
            "sealed_uid": self.keys.seal_uid(uid),
            "sealed_id": self.keys.seal_id(secrets.token_bytes(16), tag),
            "generation": 1,
            "changed_us": NOW_US - 1000,
            "blocked_reason": "",
            "rekey_needed": False,
        } | values
        with self.engine.begin() as connection:
            space_pk = connection.execute(select(SpaceRow.pk).where(SpaceRow.id == space)).scalar_one()
            added = insert(CardRow).values(space_pk=space_pk, **row)
            pk = int(connection.execute(added.returning(CardRow.pk)).scalar_one())
            want_lists(connection, space_pk)
        return pk

    def change_card(self, pk: int, **values: Any) -> None:
        """Change a card as a host does, lists included."""
        with self.engine.begin() as connection:
            connection.execute(update(CardRow).where(CardRow.pk == pk).values(**values))
            space_pk = connection.execute(select(CardRow.space_pk).where(CardRow.pk == pk)).scalar_one()
            want_lists(connection, space_pk)

    def block(self, pk: int, now_us: int = NOW_US) -> None:
        self.change_card(pk, state=CardState.BLOCKED, blocked_reason="verloren", changed_us=now_us)

    def online(self, device: str = DEVICES[0], status: str = "online", session: str = SESSION) -> None:
        with self.engine.begin() as connection:
            pk = connection.execute(select(DeviceRow.pk).where(DeviceRow.id == device)).scalar_one()
            connection.execute(
                insert(DeviceStateRow).values(
                    device_pk=pk,
                    status=status,
                    session=session,
                    status_us=1,
                    heard_us=NOW_US,
                    meta="{}",
                    health=None,
                )
            )

    def ask(self, kind: CommandKind, id_: str = "00000000000000c1", **values: Any) -> str:
        """Ask for a command as a host does."""
        device = values.pop("device", DEVICES[0])
        row = {
            "door_pk": self.key(DoorRow, "haupttuer")
            if kind in (CommandKind.OPEN, CommandKind.MODE)
            else None,
            "mode": None,
            "reader": "" if kind in (CommandKind.OPEN, CommandKind.MODE) else "leser",
            "account_pk": None,
            "asked_us": NOW_US,
            "sent_us": None,
            "until_us": NOW_US + 10_000_000,
            "answered_us": None,
            "outcome": "",
            "state": CommandState.ASKED,
        } | values
        row["device_pk"] = self.key(DeviceRow, device)
        with self.engine.begin() as connection:
            connection.execute(insert(CommandRow).values(id=id_, kind=kind, **row))
        return id_

    def order(self, kind: OrderKind, id_: str = "00000000000000c1", **values: Any) -> str:
        """Ask a reader for a card, or to write one."""
        command = CommandKind.READ_CARD if kind is OrderKind.READ else CommandKind.WRITE_CARD
        self.ask(command, id_, until_us=NOW_US + 60_000_000)
        row = {
            "state": OrderState.ASKED,
            "card_pk": None,
            "member_pk": None,
            "label": "Karte 7",
            "offer": None,
        }
        row |= {"offer_kind": None, "problem": ""} | values
        with self.engine.begin() as connection:
            space_pk = connection.execute(select(SpaceRow.pk).where(SpaceRow.id == SPACE)).scalar_one()
            connection.execute(insert(CardOrderRow).values(command=id_, kind=kind, space_pk=space_pk, **row))
        return id_

    # -- what devices see ---------------------------------------------------------------------------------------------

    def run(self, now_us: int = NOW_US, *, with_stale: bool = False) -> int:
        """Publish what is due."""
        return self.publish.run(self.sealing, now_us, with_stale=with_stale)

    def open(
        self, payload: bytes, purpose: Purpose, device: str, space: str = SPACE
    ) -> tuple[SealedHeader, bytes]:
        """Unseal a message as its device does."""
        sealed = decode(CHANNEL_OF[purpose], Sealed, payload)
        return unseal(
            sealed, self.keys.verify_key, self.secrets[device], purpose=purpose, space=space, device=device
        )

    def list_of(self, device: str = DEVICES[0], space: str = SPACE) -> tuple[SealedHeader, AccessList]:
        """Return the list that lies at the broker for a device."""
        header, body = self.open(self.mail.lists[space, device], "access", device, space)
        return header, decode_access_list(body)

    def sent(self, device: str = DEVICES[0]) -> list[tuple[SealedHeader, Command]]:
        """Return the commands that were sent to a device."""
        opened = [self.open(payload, "command", to) for _, to, payload in self.mail.commands if to == device]
        return [(header, decode_command(body)) for header, body in opened]

    def rows(self, sql: str, **parameters: Any) -> Sequence[Any]:
        """Return what a query gives on a connection of its own."""
        with self.engine.connect() as connection:
            return connection.execute(text(sql), parameters).all()

    def state(self, device: str = DEVICES[0]) -> Any:
        """Return how far a device's list is."""
        with self.engine.connect() as connection:
            return connection.execute(
                select(AccessStateRow.__table__).where(
                    AccessStateRow.device_pk == self.key(DeviceRow, device)
                )
            ).one()

    def apply(self, version: int, device: str = DEVICES[0]) -> None:
        """Have a device confirm a version."""
        pk = self.key(DeviceRow, device)
        with self.engine.begin() as connection:
            connection.execute(
                update(AccessStateRow).where(AccessStateRow.device_pk == pk).values(applied=version)
            )
