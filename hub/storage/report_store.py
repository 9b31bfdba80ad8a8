"""Releases in SQL (`hub.statistics_ports.ReleaseStore`): added, never changed."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, Select, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from hub.domain.audit import HOST_CHAIN
from hub.domain.errors import RuleRefused
from hub.domain.statistics.findings import Flag, Place, PlaceLevel
from hub.domain.statistics.frozen import freeze, from_text, to_text
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Audience, Printed, Report, ValueStatus
from hub.domain.statistics.releases import Release
from hub.statistics_ports import Picture
from hub.storage.availability import unavailable_when_down
from hub.storage.chains import add_entry
from hub.storage.engine import reading
from hub.storage.report_tables import PrintedRow, ReportPictureRow, ReportRow

Q = TypeVar("Q", bound=Select[*tuple[Any, ...]])


class SqlReports:
    """Reports, and everything ever printed.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reading = engine, reading(engine)

    def ledger(self) -> Sequence[Printed]:
        """Return every row that was ever printed, in any version, in the order of printing."""
        spans: dict[tuple[str, str], Span] = {}
        with unavailable_when_down(), self._reading.connect() as connection:
            return [_printed(row, spans) for row in connection.execute(_LEDGER)]

    def ledger_size(self) -> int:
        """Return how many rows were ever printed."""
        with unavailable_when_down(), self._reading.connect() as connection:
            return _size(connection)

    def published(self, subject: Place, span: Span, audience: Audience) -> Report | None:
        """Return the newest frozen report of a subject, or None."""
        query = (
            _of(select(ReportRow.body), subject)
            .where(ReportRow.first_month == str(span.first), ReportRow.last_month == str(span.last))
            .where(ReportRow.audience == audience)
            .order_by(ReportRow.version.desc())
            .limit(1)
        )
        return self._first(query)

    def versions(self, subject: Place | None = None) -> Sequence[Report]:
        """Return all frozen reports, newest first."""
        query = _of(select(ReportRow.body), subject).order_by(ReportRow.pk.desc())
        with unavailable_when_down(), self._reading.connect() as connection:
            return [from_text(body) for body in connection.execute(query).scalars()]

    def releases(self, subject: Place | None = None) -> Sequence[Release]:
        """Return what was published, newest first, without rows."""
        query = _of(_RELEASES, subject).order_by(ReportRow.pk.desc())
        with unavailable_when_down(), self._reading.connect() as connection:
            return [_release(row) for row in connection.execute(query)]

    def read(self, checksum: str) -> Report | None:
        """Return a frozen report, or None when there is no such one."""
        if not checksum.isalnum():
            return None
        return self._first(select(ReportRow.body).where(ReportRow.checksum == checksum))

    def publish(self, report: Report, now_us: int) -> Report:
        """Freeze a report and add its rows to the ledger, at once or not at all."""
        return self._publish(report, now_us, account=None, seen=None)

    def release(self, report: Report, account: int | None, seen: int, now_us: int) -> Report:
        """Publish, and say in the log of actions who did; refused when something was printed since it was checked."""
        return self._publish(report, now_us, account=account, seen=seen)

    def note(self, what: Mapping[str, object], now_us: int) -> None:
        """Add an entry to the log of actions."""
        with unavailable_when_down(), self._engine.begin() as connection:
            add_entry(connection, HOST_CHAIN, what, now_us)

    def without_pictures(self) -> Sequence[str]:
        """Return the checksums of public reports that no chart was drawn of, oldest first."""
        drawn = select(ReportPictureRow.report_pk).where(ReportPictureRow.report_pk == ReportRow.pk)
        query = select(ReportRow.checksum).where(ReportRow.audience == Audience.PUBLIC, ~drawn.exists())
        with unavailable_when_down(), self._reading.connect() as connection:
            return list(connection.execute(query.order_by(ReportRow.pk)).scalars())

    def keep_pictures(self, checksum: str, pictures: Sequence[Picture]) -> None:
        """Keep the charts of a report, in place of those that are there."""
        with unavailable_when_down(), self._engine.begin() as connection:
            pk = connection.execute(select(ReportRow.pk).where(ReportRow.checksum == checksum)).scalar_one()
            connection.execute(delete(ReportPictureRow).where(ReportPictureRow.report_pk == pk))
            rows = [{"report_pk": pk, "name": one.name, "svg": one.svg} for one in pictures]
            if rows:
                connection.execute(insert(ReportPictureRow), rows)

    def picture_names(self, checksum: str) -> frozenset[str]:
        """Return the names of a report's charts."""
        query = _PICTURES.with_only_columns(ReportPictureRow.name).where(ReportRow.checksum == checksum)
        with unavailable_when_down(), self._reading.connect() as connection:
            return frozenset(connection.execute(query).scalars())

    def picture(self, checksum: str, name: str) -> str | None:
        """Return a chart, or None when there is no such one."""
        if not (checksum + name).isprintable():
            return None
        query = _PICTURES.where(ReportRow.checksum == checksum, ReportPictureRow.name == name)
        with unavailable_when_down(), self._reading.connect() as connection:
            found: str | None = connection.execute(query).scalar()
            return found

    def _first(self, query: Select[Any]) -> Report | None:
        with unavailable_when_down(), self._reading.connect() as connection:
            body = connection.execute(query).scalar()
        return None if body is None else from_text(body)

    def _publish(self, report: Report, now_us: int, *, account: int | None, seen: int | None) -> Report:
        frozen = freeze(report)
        with unavailable_when_down(), self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                # One after the other, as on SQLite: each is checked with all that was printed before.
                connection.exec_driver_sql("LOCK TABLE report IN EXCLUSIVE MODE")
            _check(connection, frozen, seen)
            pk = _add(connection, frozen, now_us)
            rows = [_values(row, pk, position) for position, row in enumerate(frozen.rows)]
            if rows:
                connection.execute(insert(PrintedRow), rows)
            add_entry(connection, HOST_CHAIN, _entry(frozen, account), now_us)
        return frozen


def _check(connection: Connection, report: Report, seen: int | None) -> None:
    if seen is not None and _size(connection) != seen:
        raise RuleRefused(
            "another report was published meanwhile, and this one was not checked with it: look at it again",
            code="printed_meanwhile",
        )
    newest = connection.execute(
        _of(select(func.max(ReportRow.version)), report.subject).where(
            ReportRow.first_month == str(report.period.first),
            ReportRow.last_month == str(report.period.last),
            ReportRow.audience == report.audience,
        )
    ).scalar()
    if report.version <= (newest or 0):
        raise _is_published(report)
    if report.version != (newest or 0) + 1:
        raise RuleRefused(
            f"version {report.version} can't follow version {newest or 0}: publish them one after the other",
            code="version_left_out",
            version=report.version,
            last=newest or 0,
        )


def _add(connection: Connection, report: Report, now_us: int) -> int:
    values = {
        "level": report.subject.level,
        "place": report.subject.id,
        "first_month": str(report.period.first),
        "last_month": str(report.period.last),
        "audience": report.audience,
        "version": report.version,
        "made_on": report.made_on,
        "published_us": now_us,
        "checksum": report.checksum,
        "body": to_text(report),
    }
    try:
        pk: int = connection.execute(insert(ReportRow).values(values).returning(ReportRow.pk)).scalar_one()
    except IntegrityError as error:
        raise _is_published(report) from error
    return pk


def _is_published(report: Report) -> RuleRefused:
    return RuleRefused(
        f"version {report.version} of this report is published already: look at it again, "
        "a correction is a new version",
        code="version_published",
        version=report.version,
    )


def _entry(report: Report, account: int | None) -> dict[str, object]:
    return {
        "what": "report_published",
        "level": report.subject.level.value,
        "place": report.subject.id,
        "period": str(report.period),
        "audience": report.audience.value,
        "version": report.version,
        "checksum": report.checksum,
        "by": account,
    }


def _of(query: Q, subject: Place | None) -> Q:
    if subject is None:
        return query
    # Of an id that can't be one the database is not asked: PostgreSQL takes no text with a NUL in it.
    place = subject.id if subject.id.isprintable() else ""
    return query.where(ReportRow.level == subject.level, ReportRow.place == place)


def _size(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(PrintedRow)).scalar_one())


def _values(row: Printed, report_pk: int, position: int) -> dict[str, object]:
    return {
        "report_pk": report_pk,
        "position": position,
        "level": row.place.level,
        "place": row.place.id,
        "first_month": str(row.period.first),
        "last_month": str(row.period.last),
        "figure": row.figure,
        "status": row.status,
        "value": _text(row.value),
        "low": _text(row.low),
        "high": _text(row.high),
        "reason": row.reason,
        "method": row.method,
        "valid_pct": row.valid_pct,
        "flags": "".join(sorted(_values_of(row.flags))),
    }


def _values_of(flags: Iterable[Flag]) -> Iterable[str]:
    return (flag.value for flag in flags)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _printed(row: Any, spans: dict[tuple[str, str], Span]) -> Printed:
    # Thousands of rows have a few periods.
    months = row.first_month, row.last_month
    span = spans.get(months) or spans.setdefault(months, _span(*months))
    return Printed(
        place=Place(PlaceLevel(row.level), row.place),
        period=span,
        figure=row.figure,
        status=ValueStatus(row.status),
        value=_number(row.value),
        low=_number(row.low),
        high=_number(row.high),
        reason=row.reason,
        method=row.method,
        valid_pct=row.valid_pct,
        flags=frozenset(map(Flag, row.flags)),
    )


def _span(first: str, last: str) -> Span:
    return Span(Month.parse(first), Month.parse(last))


def _release(row: Any) -> Release:
    return Release(
        subject=Place(PlaceLevel(row.level), row.place),
        period=_span(row.first_month, row.last_month),
        audience=Audience(row.audience),
        version=row.version,
        made_on=row.made_on,
        published_us=row.published_us,
        checksum=row.checksum,
    )


_LEDGER: Final = select(PrintedRow.__table__).order_by(PrintedRow.report_pk, PrintedRow.position)
_RELEASES: Final = select(
    ReportRow.level,
    ReportRow.place,
    ReportRow.first_month,
    ReportRow.last_month,
    ReportRow.audience,
    ReportRow.version,
    ReportRow.made_on,
    ReportRow.published_us,
    ReportRow.checksum,
)
_PICTURES: Final = select(ReportPictureRow.svg).join(ReportRow, ReportRow.pk == ReportPictureRow.report_pk)
