"""A space in Berlin with members of every kind, its hub, and a broker behind a network that can be cut."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hub.domain.access import DAYS, Booked, CardFacts, DoorRights, Rights, compile_rights
from hub.domain.cards import CardKind, CardState
from hub.domain.people import AccessHours, Member, Membership
from hub.domain.space import Door, OpeningPeriod, Phase, Space, SpaceAccess, SpaceKind
from hub.domain.time import Interval, wall_us
from tests.chain.fleet import EVENTS, Key
from tests.chain.installation import PI, SPACE, Hub
from tests.chain.offline_door import FRONT, HOUR_US, STUDIO, HubsHand, Station
from tests.parts.tcp_proxy import TcpProxy
from tests.parts.waiting import wait_until
from wire.access import OpenDoor, SetMode
from wire.events import DoorModeName
from wire.identifiers import new_hex16

ZONE = "Europe/Berlin"
BERLIN = ZoneInfo(ZONE)

JO, IMMER, BUCHT, ENDET, GESPERRT, EMPFANG, NOTDIENST, KOMMT, FREMD = range(1, 10)
"""Cards: a member in the opening hours, one at any hour, one by bookings alone, one whose membership ends with day 5, a
blocked one, a host's, one that works offline though its hours are the opening hours, one whose membership begins with
day 12, and one that nobody knows. The host's works offline too."""
UIDS = {number: bytes([4, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, number]) for number in range(1, 10)}
FLAGGED = (EMPFANG, NOTDIENST)
UNFLAGGED = (JO, IMMER, BUCHT, KOMMT)

SITE = f"""
[[town]]
id = "musterstadt"
ags = "12070424"
name = "Musterstadt"
land = "BB"

[[town.space]]
id = "{SPACE}"
name = "Werkstatt"
kind = "coworking"
phase = "operation"
valid_from = 2020-01-01
device = [{{ id = "{PI}", name = "Raspberry Pi" }}]
door = [
  {{ id = "{FRONT}", name = "Haupttür", device = "{PI}" }},
  {{ id = "{STUDIO}", name = "Studio", device = "{PI}" }},
]
"""
WERKSTATT = Space(
    id=SPACE,
    town="musterstadt",
    name="Werkstatt",
    kind=SpaceKind.COWORKING,
    phase=Phase.OPERATION,
    valid_from=date(2020, 1, 1),
    time_zone=ZONE,
    opening=tuple(OpeningPeriod(day, time(8), time(18)) for day in range(7)),
    doors=(Door(FRONT, "Haupttür", PI), Door(STUDIO, "Studio", PI)),
)


@dataclass(frozen=True, slots=True)
class Fortnight:
    """Days counted from the one on which the list is issued, at 12:00.

    Args:
        first: day 0; the clock changes in the night to day 4.
    """

    first: date

    def at(self, day: int, wall: str, *, fold: int = 0) -> int:
        """Return a moment of the wall clock in Berlin."""
        naive = datetime.combine(self.first + timedelta(days=day), time.fromisoformat(wall))
        moment = naive.replace(tzinfo=BERLIN, fold=fold).astimezone(UTC)
        return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)

    @property
    def dead_us(self) -> int:
        """When the list is dead: after 14 days of 24 hours."""
        return self.at(0, "12:00") + 14 * 24 * HOUR_US

    def booked(self) -> list[Booked]:
        """Return bookings: an evening, one over the hour in which the clock changes, and one after the list."""

        def booking(day: int, begins: str, ends: str) -> Booked:
            on = self.first + timedelta(days=day)
            start_us = wall_us(on, time.fromisoformat(begins), ZONE)
            return Booked(
                BUCHT, (), Interval(start_us, wall_us(on, time.fromisoformat(ends), ZONE, ends=True))
            )

        return [
            booking(1, "19:30", "21:00"),
            booking(4, "01:30", "03:30"),
            booking(16, "19:30", "21:00"),
        ]

    def rights(self, now_us: int) -> Rights:
        """Return what the hub's domain makes of all this; only the studio may be held open in the opening hours."""
        rules = SpaceAccess(office_hours=True)
        made = compile_rights(
            WERKSTATT, rules, self._members(), CARDS, (), now_us, days=DAYS, bookings=self.booked()
        )
        doors = tuple(DoorRights(d.id, d.office if d.id == STUDIO else ()) for d in made[PI].doors)
        return replace(made[PI], doors=doors)

    def _members(self) -> list[Member]:
        long_ago, always = self.first - timedelta(days=90), AccessHours.ALWAYS
        memberships = {
            JO: Membership(SPACE, AccessHours.OPENING, long_ago),
            IMMER: Membership(SPACE, always, long_ago),
            BUCHT: Membership(SPACE, AccessHours.NONE, long_ago),
            ENDET: Membership(SPACE, always, long_ago, valid_to=self.first + timedelta(days=5)),
            GESPERRT: Membership(SPACE, always, long_ago, is_host=True, works_offline=True),
            EMPFANG: Membership(SPACE, always, long_ago, is_host=True, works_offline=True),
            NOTDIENST: Membership(SPACE, AccessHours.OPENING, long_ago, works_offline=True),
            KOMMT: Membership(SPACE, always, self.first + timedelta(days=12)),
        }
        return [Member(pk, "A", memberships=(one,)) for pk, one in memberships.items()]


CARDS = [
    CardFacts(pk, CardKind.DESFIRE, CardState.BLOCKED if pk == GESPERRT else CardState.ACTIVE, pk)
    for pk in range(JO, FREMD)
]
AUTUMN, SPRING = Fortnight(date(2026, 10, 21)), Fortnight(date(2027, 3, 24))


class Site:
    """A hub, a broker behind a network that can be cut, and the station."""

    def __init__(self, hub: Hub, network: TcpProxy, hand: HubsHand, station: Station) -> None:
        self.hub, self.network, self.hand, self.station = hub, network, hand, station

    def go_offline(self) -> None:
        """Let hub and broker be gone."""
        self.station.wait_delivered()
        with self.station.quiet("the loss of the link"):
            assert self.hub.processes["ingest"].terminate() == 0
            self.network.refuse()
            wait_until(lambda: not self.station.loop.is_connected, 10.0, "the loss of the link")

    def come_back(self) -> None:
        """Let both be there again, and wait until the hub has all."""
        with self.station.quiet("the return of the link"):
            self.network.restore()
            self.hub.start("ingest")
            self.station.wait_linked()
            self.station.wait_delivered()

    def learn(self, days: Fortnight, version: int) -> None:
        """Have the hub issue a list now, and wait until it applies; a list releases nothing."""
        now_us = self.station.true_us
        with self.station.quiet("a list"):
            self.hand.publish_list(version, days.rights(now_us), now_us, now_us + DAYS * 24 * HOUR_US)
            self.station.wait_list(version)

    def opening(self) -> OpenDoor:
        """Return a command that opens the front door, for the connection that is or was the last."""
        return OpenDoor(command=new_hex16(), session=self.station.session, door=FRONT)

    def open_from_afar(self) -> str:
        """Have a host open the front door, and return the answer."""
        return self._answer(self.opening())

    def set_mode(self, mode: DoorModeName, door: str) -> str:
        """Have a host set a mode, and return the answer."""
        return self._answer(SetMode(command=new_hex16(), session=self.station.session, door=door, mode=mode))

    def _answer(self, command: OpenDoor | SetMode) -> str:
        self.hand.publish_command(command, self.station.true_us)
        wait_until(lambda: command.command in dict(self.station.answers()), 10.0, f"an answer to {command}")
        self.station.settle()
        return dict(self.station.answers())[command.command]

    def check_all_arrived_once(self) -> None:
        """Compare what the hub has with what the device holds, and its log with what was decided at the doors."""
        self.station.wait_delivered()
        self.station.stop()
        spooled = self.station.spooled()
        # What is sent at the very end has no answer that the device could have waited for.
        wait_until(
            lambda: self.hub.number("SELECT max(upto) FROM cursor") >= len(spooled), 10.0, "the last events"
        )
        rows = self.hub.query(EVENTS)
        counted = {Key(device, epoch, seq): bytes(payload) for device, epoch, seq, payload in rows}
        assert len(counted) == len(rows), "no event twice"
        assert counted == spooled
        assert len({key.epoch for key in counted}) == 1
        assert sorted(key.seq for key in counted) == list(range(1, len(counted) + 1))
        assert self.hub.query("SELECT upto FROM cursor") == [(len(counted),)]
        for table in ("received_range", "quarantine", "alarm"):
            assert self.hub.query(f"SELECT * FROM {table}") == [], table

        log = self.hub.query(
            "SELECT door.id, granted, reason FROM door_log JOIN door ON door.pk = door_log.door_pk "
            "WHERE what = 'access' ORDER BY seq"
        )
        decided = [(event.door, event.granted, event.reason) for event in self.station.decided]
        assert [(door, bool(granted), reason) for door, granted, reason in log] == decided
