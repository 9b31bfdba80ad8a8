"""How long a calendar feed of 500 bookings takes: `python -m bench.calendar_feed` prints it.

A hub on SQLite in which a member has 500 bookings among 20,000 of others; the feed is asked for over the application,
as a calendar asks, whole and again with its tag.
"""

import sys
import time
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine, insert

from bench.world import percentile
from hub import desks
from hub.bootstrap import live_queries, system_clock
from hub.domain.people import AccessHours, Actor, Member, Membership
from hub.domain.space import Desk, Phase, Space, SpaceKind, Town
from hub.services.import_site import import_site
from hub.storage.booking_tables import BookingRow, ClaimRow
from hub.storage.engine import make_engine
from hub.storage.schema import migrate
from hub.storage.unit_of_work import UnitFactory
from hub.wakeups import SpaceBells
from hub.web.app import close_streams, create_app

HOUR_US = 3_600_000_000
OWN = 500
OTHERS = 20_000
ROUNDS = 50
CLI = Actor(None, "bench")


def fill(engine: Engine, members: tuple[int, int], now_us: int) -> None:
    """Write the bookings of one member and of another, one after the other over all desks."""
    begin_us = now_us - now_us % HOUR_US
    with engine.begin() as connection:
        desk_pks = [row[0] for row in connection.exec_driver_sql("SELECT pk FROM desk ORDER BY pk")]
        numbers = count(1)
        for member, how_many, first in ((members[0], OWN, 0), (members[1], OTHERS, 1)):
            own = desk_pks[:1] if first == 0 else desk_pks[1:]
            bookings, claims = [], []
            for index in range(how_many):
                pk, start_us = next(numbers), begin_us + (index // len(own)) * HOUR_US
                span = {"start_us": start_us, "end_us": start_us + HOUR_US, "space_pk": 1, "is_active": True}
                bookings.append(
                    {
                        **span, "pk": pk, "id": f"{pk:016x}", "kind": "desk", "state": "booked", "member_pk": member,
                        "version": 1, "created_us": now_us, "fresh_us": now_us, "note": "", "any_hours": False,
                        "ended_reason": "",
                    }
                )  # fmt: skip
                claims.append({**span, "booking_pk": pk, "desk_pk": own[index % len(own)]})
            connection.execute(insert(BookingRow), bookings)
            connection.execute(insert(ClaimRow), claims)


def measure(folder: Path) -> dict[str, float]:
    """Return milliseconds: p50 and p95 of the whole feed, p95 of the answer that nothing has changed."""
    engine = make_engine(f"sqlite:///{folder / 'hub.db'}")
    migrate(engine)
    database, clock = UnitFactory(engine), system_clock()
    now_us = clock.now_us()
    desk = tuple(Desk(f"t{index}", f"Tisch {index}", x=100, y=100) for index in range(200))
    space = Space(
        "bench", "bench", "Bürgerhaus", SpaceKind.COWORKING, Phase.OPERATION, date(2026, 1, 1), desks=desk
    )
    import_site(database, [Town("bench", "12070424", "Wittenberge", "BB", spaces=(space,))], now_us)
    membership = Membership("bench", AccessHours.ALWAYS, date(2026, 1, 1))
    members = desks.member_desk(database)
    own, other = (
        members.save_member(Member(0, name, memberships=(membership,)), CLI, now_us) for name in ("Jo", "Kim")
    )
    fill(engine, (own, other), now_us)
    address = f"/calendar/{desks.calendar_desk(database).make(own, CLI, now_us)}.ics"
    app = create_app(
        live=live_queries(database), wakeups=SpaceBells(), clock=clock, access=desks.access(database, clock)
    )
    client = app.test_client()

    def ask(**headers: str) -> tuple[float, int]:
        began_s = time.perf_counter()
        answer = client.get(address, headers=headers)
        took_ms = (time.perf_counter() - began_s) * 1000
        assert answer.data.count(b"BEGIN:VEVENT") in (0, OWN)
        return took_ms, answer.status_code

    try:
        tag = client.get(address).headers["ETag"]
        whole = [ask() for _ in range(ROUNDS)]
        same = [ask(**{"If-None-Match": tag}) for _ in range(ROUNDS)]
        assert ({status for _, status in whole}, {status for _, status in same}) == ({200}, {304})
    finally:
        close_streams(app)
        engine.dispose()
    return {
        "whole_p50_ms": percentile([took for took, _ in whole], 0.5),
        "whole_p95_ms": percentile([took for took, _ in whole], 0.95),
        "same_p95_ms": percentile([took for took, _ in same], 0.95),
    }


def main() -> int:
    """Measure and print."""
    with TemporaryDirectory() as folder:
        found = measure(Path(folder))
    print(f"calendar feed of {OWN} bookings, {datetime.now(UTC):%Y-%m-%d}")
    for name, value in found.items():
        print(f"  {name}: {value:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
