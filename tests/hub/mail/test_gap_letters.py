"""S10: four weeks before a report is due, whoever can fill what it lacks is told so, once."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, insert

from hub.access_ports import Account
from hub.desks import figure_desk, tell_gaps
from hub.domain.letters import LetterKind, ReportGaps, read_letter
from hub.domain.people import Actor, Role
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.written import TownStatistics
from hub.domain.time import day_bounds
from hub.services.import_site import import_site
from hub.storage.account_rows import SqlAccounts
from hub.storage.fact_tables import SpaceDayRow
from hub.storage.unit_of_work import UnitFactory
from tests.hub.statistics.places import AGS, NETWORK_OF_THREE, OTHER_AGS
from tests.hub.storage.rows import ROWS

CLI = Actor(None, "command line")
DUE = date(2026, 7, 20)
NEAR = DUE - timedelta(days=28)
MAY = Span.of_month(Month(2026, 5))
LIST = f"/statistics/towns/{AGS}/gaps"

PEOPLE = {
    "stadt": ((Role.STATISTICS, "town:moelln"),),
    "ueberall": ((Role.STATISTICS, ""),),
    "club-statistik": ((Role.STATISTICS, "club"),),
    "technik": ((Role.TECHNICIAN, "lab"),),
    "empfang": ((Role.HOST, "lab"),),
    "nachbar": ((Role.STATISTICS, "town:winkel"), (Role.TECHNICIAN, "shop"), (Role.HOST, "shop")),
    "mitglied": ((Role.MEMBER, "club"),),
}


def made(engine: Engine, *people: str) -> dict[str, int]:
    """Return keys of accounts in a network whose town Mölln has a report to come, by name."""
    units = UnitFactory(engine)
    towns = [
        replace(town, spaces=tuple(replace(space, controller="Verein") for space in town.spaces))
        for town in NETWORK_OF_THREE
    ]
    import_site(units, towns, 1_000)
    figure_desk(units).set_settings(TownStatistics(AGS, DUE, MAY), CLI, 1_000)
    accounts = SqlAccounts(engine)
    return {
        name: accounts.save(
            Account(0, f"{name}@example.org", name, "", None, True, None, frozenset(PEOPLE[name]), "Verein"), CLI, 1_000
        )
        for name in people
    }  # fmt: skip


def morning_us(day: date) -> int:
    return day_bounds(day, "Europe/Berlin").start_us + 7 * 3_600_000_000


def letters(engine: Engine) -> dict[int, ReportGaps]:
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT account_pk, letter FROM outbox WHERE kind = 'report_gaps'"
        ).all()
    found = {account: read_letter(LetterKind.REPORT_GAPS, letter) for account, letter in rows}
    assert len(found) == len(rows), "one letter for each"
    return {account: letter for account, letter in found.items() if isinstance(letter, ReportGaps)}


def test_each_is_told_once_of_what_is_theirs_to_fill(engine: Engine) -> None:
    who = made(engine, *PEOPLE)
    tell = tell_gaps(UnitFactory(engine))
    assert tell.run(morning_us(NEAR - timedelta(days=1))) == 0
    assert [tell.run(morning_us(NEAR)), tell.run(morning_us(NEAR + timedelta(days=9)))] == [5, 0]
    found = letters(engine)
    names = {name: found[pk] for name, pk in who.items() if pk in found}
    told = {
        name: {(one.place, one.kind, one.figure) for one in letter.lacks} for name, letter in names.items()
    }
    days = {(place, "days", "") for place in ("club", "lab")}
    by_hand = {("Mölln", "hand", figure) for figure in ("enquiries", "event_guests")}
    assert told == {
        "stadt": days | by_hand,
        "ueberall": days | by_hand,
        "club-statistik": {("club", "days", "")},
        "technik": {("lab", "days", "")},
        "empfang": by_hand,
    }
    assert {name: letter.path for name, letter in names.items()} == {
        **dict.fromkeys(("stadt", "ueberall", "club-statistik"), LIST), "technik": "", "empfang": "",
    }  # fmt: skip
    one = names["stadt"]
    assert (one.due_us, one.first_us) == tuple(
        day_bounds(day, one.time_zone).start_us for day in (DUE, MAY.first_day)
    )


def test_another_day_or_period_is_another_report(sqlite_engine: Engine) -> None:
    made(sqlite_engine, "stadt")
    units = UnitFactory(sqlite_engine)
    assert tell_gaps(units).run(morning_us(NEAR)) == 1
    june = Span(MAY.first, Month(2026, 6))
    for day, span in ((DUE, june), (DUE + timedelta(days=1), june)):
        figure_desk(units).set_settings(TownStatistics(AGS, day, span), CLI, 1_000)
        assert [tell_gaps(units).run(morning_us(day)) for _ in range(2)] == [1, 0]


def test_who_may_not_sign_in_any_more_is_told_nothing_and_nobody_is_warned_of(
    sqlite_engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    who = made(sqlite_engine, "stadt", "mitglied")
    accounts = SqlAccounts(sqlite_engine)
    account = accounts.by_pk(who["stadt"])
    assert account is not None
    accounts.save(replace(account, is_active=False), CLI, 1_000)
    assert tell_gaps(UnitFactory(sqlite_engine)).run(morning_us(NEAR)) == 0
    assert letters(sqlite_engine) == {}
    assert "no account has the role statistics" in caplog.text


def test_a_long_list_is_cut_and_says_so(sqlite_engine: Engine) -> None:
    made(sqlite_engine, "ueberall")
    units = UnitFactory(sqlite_engine)
    with sqlite_engine.begin() as connection:
        space = connection.exec_driver_sql("SELECT pk FROM space WHERE id = 'shop'").scalar_one()
        # Every second day has facts: as many runs of a day lack them.
        connection.execute(insert(SpaceDayRow), [
            {**ROWS["space_day"], "space_pk": space, "day": date(2026, 3, 1) + timedelta(days=ahead), "is_sealed": True}
            for ahead in range(0, 122, 2)
        ])  # fmt: skip
    span = Span(Month(2026, 3), Month(2026, 6))
    figure_desk(units).set_settings(TownStatistics(OTHER_AGS, DUE, span), CLI, 1_000)
    assert tell_gaps(units).run(morning_us(DUE)) == 2
    with sqlite_engine.connect() as connection:
        key = connection.exec_driver_sql(
            "SELECT letter FROM outbox WHERE key LIKE 'gaps/06439012/%'"
        ).scalar_one()
    letter = read_letter(LetterKind.REPORT_GAPS, key)
    assert isinstance(letter, ReportGaps)
    # 61 runs of a day, and three that concern the town.
    assert (len(letter.lacks), letter.more) == (30, 34)
