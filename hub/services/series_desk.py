"""Series of bookings: `hub.booking_ports.SeriesDesk`; conflicts are listed before anything is kept."""

from dataclasses import replace
from functools import partial
from secrets import token_hex
from typing import Final

from hub.booking_ports import DayChange, Days, Series, SeriesChange, SeriesPlan, SeriesWish
from hub.domain.booking import Booking, BookingKind, BookingState
from hub.domain.booking_refusals import SeriesTaken, TooLateToCancel, UnknownSeries
from hub.domain.letters import Release
from hub.domain.people import HOSTS, Actor
from hub.domain.place import Place
from hub.services.attempts import again_when_busy
from hub.services.booking_changes import cancel_in, series_entry
from hub.services.booking_letters import tell_changed, tell_made, tell_released
from hub.services.booking_rules import Rules, acts_as_host, check_for_whom, check_reason, rules_for, tidy
from hub.services.booking_unit import BookingUnit, BookingUnits
from hub.services.series_look import check_days, chosen, look_at, otherwise
from hub.services.waiting_list import offer

ID_BYTES: Final = 8


class SeriesService:
    """Series of bookings.

    Args:
        units: where bookings are kept.
    """

    def __init__(self, units: BookingUnits) -> None:
        self._units = units

    def plan(self, wish: SeriesWish, actor: Actor, now_us: int) -> SeriesPlan:
        """Return what a series would be, and keep nothing.

        It is looked at as if it were booked, with what nobody came for out of the way, and then rolled back.
        """
        return again_when_busy(partial(self._plan, wish, actor, now_us))

    def _plan(self, wish: SeriesWish, actor: Actor, now_us: int) -> SeriesPlan:
        with self._units.writing() as unit:
            place = unit.place(wish.space)
            acts_as_host(place, wish.member, actor, wish.kind, beyond_rules=wish.beyond_rules)
            check_for_whom(unit, wish.member, actor)
            return look_at(unit, _rules(unit, place, wish, now_us), wish)[0]

    def book_series(
        self, wish: SeriesWish, actor: Actor, now_us: int, *, without_conflicts: bool = False
    ) -> Series:
        """Book all days, or with `without_conflicts` those that can be; refused with the list when some can't."""
        return again_when_busy(partial(self._book, wish, actor, now_us, without_conflicts=without_conflicts))

    def _book(self, wish: SeriesWish, actor: Actor, now_us: int, *, without_conflicts: bool) -> Series:
        with self._units.writing() as unit:
            place = unit.place(wish.space)
            is_host = acts_as_host(place, wish.member, actor, wish.kind, beyond_rules=wish.beyond_rules)
            reason = check_reason(wish.reason) if is_host else ""
            check_for_whom(unit, wish.member, actor)
            if wish.request is not None and (known := unit.made_by(wish.request, now_us)) is not None:
                return unit.series(known)
            rules = _rules(unit, place, wish, now_us)
            plan, desks = look_at(unit, rules, wish)
            if not plan.free or (plan.conflicts and not without_conflicts):
                raise SeriesTaken([one.day.isoformat() for one in plan.conflicts])
            id_ = token_hex(ID_BYTES)
            bookings = tuple(
                Booking(
                    id=token_hex(ID_BYTES),
                    space=wish.space,
                    kind=wish.kind,
                    desks=desks,
                    time=span,
                    state=BookingState.BOOKED,
                    member=wish.member,
                    version=1,
                    created_us=now_us,
                    fresh_us=now_us,
                    note=tidy(wish.note),
                    series=id_,
                    series_day=day,
                    any_hours=rules.opens_any_hours,
                )
                for day, span in plan.free
            )
            made = Series(id_, wish.space, wish.desk, wish.member, wish.kind, wish.rule, bookings)
            unit.add_series(made, now_us)
            if wish.request is not None:
                unit.note_made(wish.request, id_, wish.member)
            if is_host:
                unit.log(series_entry("series_made", made, len(bookings), actor, reason), now_us)
            tell_made(unit, place, bookings, now_us, by_host=is_host)
            unit.want_lists(wish.space)
            unit.commit()
        return made

    def series(self, series: str, actor: Actor) -> Series:
        """Return one series with its bookings."""
        with self._units.reading() as unit:
            found = unit.series(series)
        _check_may_see(found, actor)
        return found

    def cancel_days(
        self, series: str, days: Days, actor: Actor, now_us: int, *, reason: str = ""
    ) -> SeriesChange:
        """Cancel days of a series that have not begun; those past their deadline are kept for members."""
        return again_when_busy(partial(self._cancel_days, series, days, actor, now_us, reason))

    def _cancel_days(self, id_: str, days: Days, actor: Actor, now_us: int, reason: str) -> SeriesChange:
        with self._units.writing() as unit:
            series = unit.series(id_)
            _check_may_see(series, actor)
            place = unit.place(series.space)
            is_host = acts_as_host(place, series.member, actor, series.kind)
            why = check_reason(reason) if is_host else ""
            changed: list[Booking] = []
            kept: list[Booking] = []
            for one in chosen(series.bookings, days):
                if one.state is not BookingState.BOOKED or one.time.start_us <= now_us:
                    kept.append(one)
                    continue
                try:
                    changed.append(cancel_in(unit, place, one, now_us, why, is_host=is_host))
                except TooLateToCancel:
                    kept.append(one)
            if changed:
                offer(unit, place, changed, now_us)
                if is_host:
                    unit.log(series_entry("series_cancelled", series, len(changed), actor, why), now_us)
                release = Release.BY_HOST if is_host else Release.CANCELLED
                tell_released(unit, place, changed, release, now_us, why)
                unit.want_lists(series.space)
                unit.commit()
        return SeriesChange(tuple(changed), tuple(kept))

    def change_days(
        self, series: str, days: Days, to: DayChange, actor: Actor, now_us: int, *, reason: str = ""
    ) -> SeriesChange:
        """Give days of a series another desk, other hours or another note: all of them or, with a refusal, none."""
        return again_when_busy(partial(self._change_days, series, (days, to), actor, now_us, reason))

    def _change_days(
        self, id_: str, wanted: tuple[Days, DayChange], actor: Actor, now_us: int, reason: str
    ) -> SeriesChange:
        with self._units.writing() as unit:
            series = unit.series(id_)
            _check_may_see(series, actor)
            place = unit.place(series.space)
            is_host = acts_as_host(place, series.member, actor, series.kind)
            why = check_reason(reason) if is_host else ""
            picked = chosen(series.bookings, wanted[0])
            before = [
                one for one in picked if one.state is BookingState.BOOKED and one.time.start_us > now_us
            ]
            kept = tuple(one for one in picked if one not in before)
            after = [otherwise(one, wanted[1], place) for one in before]
            is_beyond = series.kind is not BookingKind.DESK
            rules = rules_for(unit, place, series.member, now_us, is_beyond=is_beyond)
            check_days(unit, rules, before, after, is_host=is_host)
            changed = tuple(
                unit.save(
                    replace(
                        one,
                        fresh_us=now_us if one.time != old.time or one.desks != old.desks else one.fresh_us,
                    )
                )
                for old, one in zip(before, after, strict=True)
            )
            if changed:
                offer(unit, place, before, now_us)
                if is_host:
                    unit.log(series_entry("series_changed", series, len(changed), actor, why), now_us)
                tell_changed(unit, place, list(zip(before, changed, strict=True)), now_us, by_host=is_host)
                unit.want_lists(series.space)
                unit.commit()
        return SeriesChange(changed, kept)


def _rules(unit: BookingUnit, place: Place, wish: SeriesWish, now_us: int) -> Rules:
    is_beyond = wish.beyond_rules or wish.kind is BookingKind.EVENT
    return rules_for(unit, place, wish.member, now_us, is_beyond=is_beyond)


def _check_may_see(series: Series, actor: Actor) -> None:
    is_own = series.member is not None and series.member == actor.member
    if not is_own and not actor.may(series.space, *HOSTS):
        raise UnknownSeries(series.id)
