"""Keeps the contribution store (`hub.fact_ports.ContributionStore`): what persons did, under keyed pseudonyms.

A month is worked out again as long as all its visits are there, and stands from then on. Keys and rows of a year go
when the 31 March after it is over; from then on nobody can tell of a pseudonym in a backup whose it was.
"""

import hmac
import secrets
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, bindparam, delete, insert, select, update

from hub.domain.booking import BookingKind, BookingState
from hub.domain.statistics.periods import Month
from hub.domain.statistics.stays import StayKind
from hub.domain.time import day_bounds, local_date
from hub.storage.access_tables import MemberRow, MembershipRow
from hub.storage.availability import unavailable_when_down
from hub.storage.booking_tables import BookingRow
from hub.storage.contribution_tables import ContributionBeforeRow, ContributionKeyRow, ContributionRow
from hub.storage.member_tables import PassRow, SettlementRow, StayRow, TariffRow, VisitRow
from hub.storage.statements import upsert
from hub.storage.tables import SpaceRow

DAY_US: Final = 86_400_000_000
WHOLE_FOR: Final = timedelta(days=395)
"""Visits of days before that may be gone, whether their month was settled or not."""
SETTLED_FOR_US: Final = 58 * DAY_US
"""Visits of months that were settled before that may be gone."""
NAMED_FOR: Final = timedelta(days=85)
"""Bookings that ended before that may be nobody's: what is stored of them stays."""
_MARCH: Final = 3
_PSEUDONYM_BYTES: Final = 16


class _Kept(NamedTuple):
    """What is stored, or is to be, of one person in one month."""

    tariff_class: str
    visits: int
    booked_us: int
    stays_under_2h: int
    stays_2_to_4h: int
    stays_4_to_8h: int
    stays_from_8h: int
    stays_auto_closed: int
    opted_in: bool


class SqlContributions:
    """The contribution store.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def renew(self, space: str, today: date, now_us: int) -> int:
        """Work out again what persons did in the months whose visits are all still there; return how many changed."""
        with unavailable_when_down(), self._engine.begin() as connection:
            row = connection.execute(_SPACE, {"space": space}).one()
            renewal = _Renewal(connection, row.pk, row.time_zone, today, now_us)
            changes = renewal.run()
            renewal.look_back(row.valid_from)
            return changes

    def end(self, today: date) -> int:
        """Delete keys, and what is under them, of years that ended before the last 31 March."""
        year = first_year(today)
        with unavailable_when_down(), self._engine.begin() as connection:
            gone = connection.execute(
                delete(ContributionRow).where(ContributionRow.month < date(year, 1, 1))
            ).rowcount
            connection.execute(delete(ContributionKeyRow).where(ContributionKeyRow.year < year))
            connection.execute(delete(ContributionBeforeRow).where(ContributionBeforeRow.year < year))
        return gone


def first_year(today: date) -> int:
    """Return the earliest year whose contributions are kept: the last one, until its 31 March is over."""
    return today.year - 1 if today.month <= _MARCH else today.year


def pseudonym(key: bytes, ref: str) -> str:
    """Return the pseudonym of a member: the same for one key, 32 hexadecimal digits."""
    return hmac.digest(key, ref.encode("ascii"), "sha256")[:_PSEUDONYM_BYTES].hex()


def loosen(connection: Connection, ref: str) -> None:
    """Cut what an erased person did loose from any key: the sums stay, whose they were is random (Art. 17 GDPR)."""
    for key in connection.execute(select(ContributionKeyRow.key)).scalars().all():
        connection.execute(
            update(ContributionRow)
            .where(ContributionRow.pseudonym == pseudonym(bytes(key), ref))
            .values(pseudonym=secrets.token_hex(_PSEUDONYM_BYTES), is_loose=True, opted_in=False)
        )
        connection.execute(
            delete(ContributionBeforeRow).where(ContributionBeforeRow.pseudonym == pseudonym(bytes(key), ref))
        )


def contributions_of(connection: Connection, ref: str) -> list[Any]:
    """Return what stands under the pseudonyms of a member, as long as their keys are there (Art. 15 GDPR)."""
    found: list[Any] = []
    for key in (
        connection.execute(select(ContributionKeyRow.key).order_by(ContributionKeyRow.year)).scalars().all()
    ):
        found += connection.execute(_OWN, {"name": pseudonym(bytes(key), ref)}).all()
    return found


class _Renewal:
    """One space, in one transaction."""

    def __init__(self, connection: Connection, space_pk: int, zone: str, today: date, now_us: int) -> None:
        self._connection, self._space_pk, self._zone = connection, space_pk, zone
        self._today, self._now_us = today, now_us
        self._keys: dict[int, bytes] = {}

    def run(self) -> int:
        first = date(first_year(self._today), 1, 1)
        right = self._right(first)
        stored: dict[date, dict[str, _Kept]] = defaultdict(dict)
        rows = self._connection.execute(_STORED, {"space_pk": self._space_pk, "first": first})
        for row in rows:
            stored[row.month][row.pseudonym] = _Kept(*(getattr(row, name) for name in _Kept._fields))
        settled = {
            row.month: row.settled_us
            for row in self._connection.execute(_SETTLED, {"space_pk": self._space_pk})
        }
        changes = 0
        for month in sorted(right.keys() | stored.keys()):
            is_settled = settled.get(month, self._now_us) < self._now_us - SETTLED_FOR_US
            if is_settled or month < self._today - WHOLE_FOR:
                continue
            changes += self._put(month, right.get(month, {}), stored[month])
        return changes + self._ask_again(first)

    def look_back(self, valid_from: date) -> None:
        """Note who was there in the calendar year before, as long as its key is there; of a new space, nobody was."""
        year = self._today.year
        can_look = first_year(self._today) < year
        is_new = valid_from.year >= year
        if not (can_look or is_new):
            return
        here = {"space_pk": self._space_pk, "first": date(year - 1, 1, 1), "end": date(year, 1, 1)}
        before = set() if is_new else set(self._connection.execute(_BEFORE, here).scalars())
        if not before and not is_new:
            # Nothing was counted then: that nobody was there can't be told from a hub that was not.
            return
        members = self._connection.execute(_MEMBERS, {"space_pk": self._space_pk}).all() if before else ()
        wanted = {""} | {
            pseudonym(self._key(year), row.ref)
            for row in members
            if row.in_statistics and pseudonym(self._key(year - 1), row.ref) in before
        }
        stored = set(
            self._connection.execute(_KNOWN_BEFORE, {"space_pk": self._space_pk, "year": year}).scalars()
        )
        if gone := stored - wanted:
            self._connection.execute(
                delete(ContributionBeforeRow).where(
                    ContributionBeforeRow.space_pk == self._space_pk,
                    ContributionBeforeRow.year == year,
                    ContributionBeforeRow.pseudonym.in_(sorted(gone)),
                )
            )
        if new := sorted(wanted - stored):
            rows = [{"space_pk": self._space_pk, "year": year, "pseudonym": name} for name in new]
            self._connection.execute(insert(ContributionBeforeRow), rows)

    def _right(self, first: date) -> Mapping[date, dict[str, _Kept]]:
        """Return by month and pseudonym what persons did, as visits and bookings say now."""
        parameters = {"space_pk": self._space_pk, "first": first}
        booked: Counter[tuple[int | None, date]] = Counter()
        begins = {"from_us": day_bounds(first, self._zone).start_us, "space_pk": self._space_pk}
        for member, start_us, end_us in self._connection.execute(_BOOKED, begins):
            booked[member, local_date(start_us, self._zone).replace(day=1)] += end_us - start_us
        classes: dict[tuple[int | None, date], Counter[str]] = defaultdict(Counter)
        persons: dict[int | None, Any] = {}
        for row in self._connection.execute(_VISITS, parameters):
            classes[row.member_pk, row.day.replace(day=1)][row.kind or ""] += 1
            persons[row.member_pk] = row
        stayed: Counter[tuple[int | None, date, str]] = Counter()
        for one in self._connection.execute(_STAYED, parameters):
            stayed[one.member_pk, one.day.replace(day=1), one.kind] += one.stays
        found: dict[date, dict[str, _Kept]] = defaultdict(dict)
        for (member, month), kinds in classes.items():
            name = pseudonym(self._key(month.year), persons[member].ref)
            most = min(kinds, key=lambda kind: (-kinds[kind], kind))
            stays = (stayed[member, month, kind] for kind in StayKind)
            found[month][name] = _Kept._make(
                (str(most), sum(kinds.values()), booked[member, month], *stays, persons[member].in_statistics)
            )
        return found

    def _put(self, month: date, right: Mapping[str, _Kept], stored: Mapping[str, _Kept]) -> int:
        keeps_bookings = Month.of(month).last_day < self._today - NAMED_FOR
        rows = []
        for name, kept in right.items():
            old = stored.get(name)
            new = kept._replace(booked_us=old.booked_us) if old is not None and keeps_bookings else kept
            if new != old:
                rows.append(
                    {
                        "space_pk": self._space_pk,
                        "month": month,
                        "pseudonym": name,
                        "is_loose": False,
                        **new._asdict(),
                    }
                )
        if rows:
            statement = upsert(self._connection.dialect.name, ContributionRow)
            values = {name: statement.excluded[name] for name in (*_Kept._fields, "is_loose")}
            index = ["space_pk", "month", "pseudonym"]
            self._connection.execute(statement.on_conflict_do_update(index_elements=index, set_=values), rows)
        gone = sorted(stored.keys() - right.keys())
        if gone:
            self._connection.execute(
                delete(ContributionRow).where(
                    ContributionRow.space_pk == self._space_pk,
                    ContributionRow.month == month,
                    ContributionRow.pseudonym.in_(gone),
                )
            )
        return len(rows) + len(gone)

    def _ask_again(self, first: date) -> int:
        """Let each month say whether the person takes part now: who objects does so for the past, too (Art. 21)."""
        changes = 0
        for row in self._connection.execute(_MEMBERS, {"space_pk": self._space_pk}).all():
            for year in range(first.year, self._today.year + 1):
                asked = {"name": pseudonym(self._key(year), row.ref), "takes_part": row.in_statistics}
                changes += self._connection.execute(_ASKED, asked).rowcount
        return changes

    def _key(self, year: int) -> bytes:
        if year not in self._keys:
            query = select(ContributionKeyRow.key).where(ContributionKeyRow.year == year)
            found = self._connection.execute(query).scalar()
            if found is None:
                made = upsert(self._connection.dialect.name, ContributionKeyRow).on_conflict_do_nothing()
                self._connection.execute(made, {"year": year, "key": secrets.token_bytes(32)})
                found = self._connection.execute(query).scalar_one()
            self._keys[year] = bytes(found)
        return self._keys[year]


_OWN: Final = (
    select(ContributionRow.__table__)
    .where(ContributionRow.pseudonym == bindparam("name"))
    .order_by(ContributionRow.month, ContributionRow.space_pk)
)
_SPACE: Final = select(SpaceRow.pk, SpaceRow.time_zone, SpaceRow.valid_from).where(
    SpaceRow.id == bindparam("space")
)
_STORED: Final = select(ContributionRow.__table__).where(
    ContributionRow.space_pk == bindparam("space_pk"),
    ContributionRow.month >= bindparam("first"),
    ContributionRow.is_loose.is_(False),
)
_BEFORE: Final = (
    select(ContributionRow.pseudonym)
    .where(
        ContributionRow.space_pk == bindparam("space_pk"),
        ContributionRow.month >= bindparam("first"),
        ContributionRow.month < bindparam("end"),
        ContributionRow.is_loose.is_(False),
    )
    .distinct()
)
_KNOWN_BEFORE: Final = select(ContributionBeforeRow.pseudonym).where(
    ContributionBeforeRow.space_pk == bindparam("space_pk"), ContributionBeforeRow.year == bindparam("year")
)
_SETTLED: Final = select(SettlementRow.month, SettlementRow.settled_us).where(
    SettlementRow.space_pk == bindparam("space_pk")
)
_VISITS: Final = (
    select(VisitRow.member_pk, VisitRow.day, MemberRow.ref, MemberRow.in_statistics, TariffRow.kind)
    .join(MemberRow, MemberRow.pk == VisitRow.member_pk)
    .outerjoin(PassRow, PassRow.pk == VisitRow.pass_pk)
    .outerjoin(TariffRow, TariffRow.pk == PassRow.tariff_pk)
    .where(VisitRow.space_pk == bindparam("space_pk"), VisitRow.day >= bindparam("first"))
)
_STAYED: Final = select(StayRow.member_pk, StayRow.day, StayRow.kind, StayRow.stays).where(
    StayRow.space_pk == bindparam("space_pk"), StayRow.day >= bindparam("first")
)
_BOOKED: Final = select(BookingRow.member_pk, BookingRow.start_us, BookingRow.end_us).where(
    BookingRow.space_pk == bindparam("space_pk"),
    BookingRow.member_pk.is_not(None),
    BookingRow.kind == BookingKind.DESK,
    BookingRow.state == BookingState.CHECKED_IN,
    BookingRow.start_us >= bindparam("from_us"),
)
_MEMBERS: Final = (
    select(MemberRow.ref, MemberRow.in_statistics)
    .join(MembershipRow, MembershipRow.member_pk == MemberRow.pk)
    .where(MembershipRow.space_pk == bindparam("space_pk"))
    .distinct()
)
_ASKED: Final = (
    update(ContributionRow)
    .where(
        ContributionRow.pseudonym == bindparam("name"),
        ContributionRow.is_loose.is_(False),
        ContributionRow.opted_in != bindparam("takes_part"),
    )
    .values(opted_in=bindparam("takes_part"))
)
