"""What people write down for statistics, in SQL (`hub.services.figure_desk.FigureUnit`)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.orm import Session

from hub.domain.space import Town
from hub.domain.statistics.findings import Flag, Place, PlaceLevel
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Target
from hub.domain.statistics.written import (
    Destination,
    Distance,
    EmissionFactor,
    HandFigure,
    Mode,
    TownStatistics,
    Way,
    WayCount,
)
from hub.domain.statistics.written_rules import Where
from hub.figure_ports import KeptTarget
from hub.storage.access_unit import AccessUnit
from hub.storage.availability import unavailable_when_down
from hub.storage.engine import reading
from hub.storage.figure_tables import FigureTargetRow, HandFigureRow, TownStatisticsRow, WayAnswerRow
from hub.storage.site_rows import load_towns
from hub.storage.statements import upsert
from hub.storage.tables import SpaceRow, TownRow

_HUNDRED: Final = Decimal(100)


class FigureRows(AccessUnit):
    """Figures, targets and settings within one transaction."""

    def towns(self) -> Sequence[Town]:
        """Return every town, with its spaces."""
        with Session(self._connection) as session:
            return load_towns(session)

    def lock(self, at: Where) -> None:
        """Have others that write figures of the town wait."""
        self._connection.execute(self._locked(select(TownRow.pk).where(TownRow.ags == at.town.ags), TownRow))

    def entries(self, town: str, places: Collection[Place] | None = None) -> Sequence[HandFigure]:
        """Return what was written down of a town (AGS) and what lies in it, latest days first."""
        query = _ENTRIES.where(TownRow.ags == town)
        found = [_entry(row) for row in self._connection.execute(query)]
        return found if places is None else [one for one in found if one.place in places]

    def add(self, entry: HandFigure, at: Where, now_us: int) -> int:
        """Store an entry; return its key."""
        values = {**self._place(at), **_values(entry, now_us)}
        done = self._connection.execute(insert(HandFigureRow).values(values).returning(HandFigureRow.pk))
        return int(done.scalar_one())

    def change(self, entry: HandFigure, now_us: int) -> None:
        """Make a stored entry be as given."""
        self._connection.execute(
            update(HandFigureRow).where(HandFigureRow.pk == entry.pk).values(_values(entry, now_us))
        )

    def remove(self, pk: int) -> None:
        """Delete an entry."""
        self._connection.execute(delete(HandFigureRow).where(HandFigureRow.pk == pk))

    def targets(self, town: str) -> Sequence[KeptTarget]:
        """Return the targets of a town and what lies in it."""
        return [_target(row) for row in self._connection.execute(_TARGETS.where(TownRow.ags == town))]

    def add_target(self, target: Target, at: Where) -> None:
        """Store a target."""
        self._connection.execute(
            insert(FigureTargetRow).values(
                **self._place(at),
                figure=target.figure,
                first_month=target.period.first_day,
                last_month=target.period.last.first_day,
                target_hundredths=_hundredths(target.target),
                baseline_hundredths=None if target.baseline is None else _hundredths(target.baseline),
                baseline_on=target.baseline_on,
                source=target.source,
            )
        )

    def remove_target(self, pk: int) -> None:
        """Delete a target."""
        self._connection.execute(delete(FigureTargetRow).where(FigureTargetRow.pk == pk))

    def settings(self, town: str) -> TownStatistics:
        """Return the settings of a town; empty ones when it has none."""
        rows = self._connection.execute(_SETTINGS.where(TownRow.ags == town))
        return next((_setting(row) for row in rows), TownStatistics(town))

    def all_settings(self) -> Mapping[str, TownStatistics]:
        """Return the settings of all towns that have any, by AGS."""
        return {row.ags: _setting(row) for row in self._connection.execute(_SETTINGS)}

    def save_settings(self, settings: TownStatistics, at: Where) -> None:
        """Make a town's settings be as given."""
        span, factor = settings.report_of, settings.factor
        values = {
            "report_on": settings.report_on,
            "report_first": None if span is None else span.first_day,
            "report_last": None if span is None else span.last.first_day,
            "co2_g_per_km": None if factor is None else factor.g_per_km,
            "co2_source": "" if factor is None else factor.source,
            "co2_year": None if factor is None else factor.year,
        }
        made = upsert(self._connection.dialect.name, TownStatisticsRow).values(
            town_pk=self._place(at)["town_pk"], **values
        )
        self._connection.execute(
            made.on_conflict_do_update(index_elements=[TownStatisticsRow.town_pk], set_=values)
        )

    def count_way(self, space: str, way: Way, month: date) -> None:
        """Count an answer."""
        values = {
            "space_pk": self.space(space).pk,
            "month": month,
            "would_drive": way.would_drive,
            "distance": way.distance or "",
            "mode": way.mode or "",
            "destination": way.destination or "",
        }
        made = upsert(self._connection.dialect.name, WayAnswerRow).values(**values, answers=1)
        self._connection.execute(
            made.on_conflict_do_update(
                index_elements=[getattr(WayAnswerRow, name) for name in values],
                set_={"answers": WayAnswerRow.answers + 1},
            )
        )

    def ways(self, spaces: Collection[str], span: Span) -> Sequence[WayCount]:
        """Return answers on ways to work."""
        query = _WAYS.where(
            SpaceRow.id.in_(spaces), WayAnswerRow.month.between(span.first_day, span.last_day)
        )
        return [_way(row) for row in self._connection.execute(query)]

    def _place(self, at: Where) -> dict[str, int | None]:
        query = select(TownRow.pk).where(TownRow.ags == at.town.ags)
        is_space = at.place.level is PlaceLevel.SPACE
        return {
            "town_pk": self._connection.execute(query).scalar_one(),
            "space_pk": self.space(at.place.id).pk if is_space else None,
        }


_ENTRIES: Final = (
    select(HandFigureRow, TownRow.ags, SpaceRow.id.label("space"))
    .join(TownRow, TownRow.pk == HandFigureRow.town_pk)
    .outerjoin(SpaceRow, SpaceRow.pk == HandFigureRow.space_pk)
    .order_by(HandFigureRow.last_day.desc(), HandFigureRow.pk.desc())
)
_TARGETS: Final = (
    select(FigureTargetRow, TownRow.ags, SpaceRow.id.label("space"))
    .join(TownRow, TownRow.pk == FigureTargetRow.town_pk)
    .outerjoin(SpaceRow, SpaceRow.pk == FigureTargetRow.space_pk)
    .order_by(FigureTargetRow.first_month.desc(), FigureTargetRow.figure, FigureTargetRow.pk)
)
_SETTINGS: Final = select(TownStatisticsRow, TownRow.ags).join(
    TownRow, TownRow.pk == TownStatisticsRow.town_pk
)
_WAYS: Final = (
    select(WayAnswerRow, SpaceRow.id.label("space"))
    .join(SpaceRow, SpaceRow.pk == WayAnswerRow.space_pk)
    .order_by(
        SpaceRow.id,
        WayAnswerRow.month,
        WayAnswerRow.would_drive,
        WayAnswerRow.distance,
        WayAnswerRow.mode,
        WayAnswerRow.destination,
    )
)


class SqlWritten:
    """What people wrote down, for those who work figures out (`hub.services.work_out.Written`).

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._reading = reading(engine)

    def written(self, towns: Collection[str]) -> Sequence[HandFigure]:
        """Return what was written down of towns (AGS) and what lies in them."""
        with unavailable_when_down(), self._reading.connect() as connection:
            rows = connection.execute(_ENTRIES.where(TownRow.ags.in_(towns)))
            return [_entry(row) for row in rows]

    def ways(self, spaces: Collection[str], span: Span) -> Sequence[WayCount]:
        """Return answers on ways to work."""
        with unavailable_when_down(), self._reading.connect() as connection:
            return FigureRows(connection, False).ways(spaces, span)

    def settings(self) -> Mapping[str, TownStatistics]:
        """Return the settings of all towns that have any, by AGS."""
        with unavailable_when_down(), self._reading.connect() as connection:
            return FigureRows(connection, False).all_settings()

    def targets(self, towns: Collection[str]) -> Sequence[Target]:
        """Return the targets of towns (AGS) and what lies in them."""
        with unavailable_when_down(), self._reading.connect() as connection:
            rows = connection.execute(_TARGETS.where(TownRow.ags.in_(towns)))
            return [_target(row).target for row in rows]


def _place_of(row: Any) -> Place:
    return Place(PlaceLevel.TOWN, row.ags) if row.space is None else Place(PlaceLevel.SPACE, row.space)


def _values(entry: HandFigure, now_us: int) -> dict[str, Any]:
    return {
        "figure": entry.figure,
        "first_day": entry.first,
        "last_day": entry.last,
        "hundredths": _hundredths(entry.value),
        "source": entry.source,
        "noted_by": entry.noted_by,
        "noted_us": now_us,
        "flags": "".join(sorted(entry.flags)),
    }


def _hundredths(value: Decimal) -> int:
    return int(value * _HUNDRED)


def _decimal(hundredths: int) -> Decimal:
    whole, rest = divmod(hundredths, 100)
    return Decimal(hundredths) / _HUNDRED if rest else Decimal(whole)


def _entry(row: Any) -> HandFigure:
    flags = frozenset(map(Flag, row.flags))
    return HandFigure(
        row.pk,
        _place_of(row),
        row.figure,
        row.first_day,
        row.last_day,
        _decimal(row.hundredths),
        row.source,
        row.noted_by,
        row.noted_us,
        flags,
    )


def _target(row: Any) -> KeptTarget:
    baseline = None if row.baseline_hundredths is None else _decimal(row.baseline_hundredths)
    span = Span(Month.of(row.first_month), Month.of(row.last_month))
    return KeptTarget(
        row.pk,
        Target(
            _place_of(row),
            row.figure,
            span,
            _decimal(row.target_hundredths),
            baseline,
            row.baseline_on,
            row.source,
        ),
    )


def _setting(row: Any) -> TownStatistics:
    span = None
    if row.report_first is not None and row.report_last is not None:
        span = Span(Month.of(row.report_first), Month.of(row.report_last))
    factor = None
    if row.co2_g_per_km is not None and row.co2_year is not None:
        factor = EmissionFactor(row.co2_g_per_km, row.co2_source, row.co2_year)
    return TownStatistics(row.ags, row.report_on, span, factor)


def _way(row: Any) -> WayCount:
    way = Way(
        row.would_drive,
        Distance(row.distance) if row.distance else None,
        Mode(row.mode) if row.mode else None,
        Destination(row.destination) if row.destination else None,
    )
    return WayCount(row.space, row.month, way, row.answers)
