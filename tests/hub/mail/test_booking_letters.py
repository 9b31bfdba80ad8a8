"""Letters about bookings: each once, over a real server, with a calendar file; nobody is told what is no news."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any

import icalendar
import pytest
from sqlalchemy import Engine, text

from hub.booking_ports import Blocking, Change, DayChange, Days, SeriesWish, Which
from hub.domain.booking import BookingKind, BookingState
from hub.domain.booking_refusals import BookingRefused
from hub.domain.letters import (
    BookingChanged,
    BookingMade,
    BookingReleased,
    Letter,
    LetterKind,
    SignInLink,
    read_letter,
)
from hub.domain.mail import Draft, Reader, Tone
from hub.domain.people import AccessHours, Membership
from hub.domain.people import Member as Person
from hub.domain.requests import Request
from hub.domain.series import Frequency, SeriesRule
from hub.domain.time import to_us
from hub.ledger import FileLedger
from hub.services.calendar_desk import CalendarService
from hub.services.call_rota import CallRota
from hub.services.keep_erasures import KeepErasures
from hub.services.life_desk import LifeService
from hub.services.person_desk import PersonService
from hub.services.postman import Postman
from hub.storage.access_unit import SqlUnits
from hub.storage.alarm_calls import SqlAlarmCalls
from hub.storage.calendar_rows import CalendarRows
from hub.storage.life_rows import LifeRows
from hub.storage.mail_desk import SqlMailDesk
from hub.storage.outbox import SqlOutbox
from hub.storage.person_rows import ErasureRows, PersonRows
from tests.hub.bookings.world import BARE, A, B, BookingWorld, berlin, span
from tests.hub.desks.test_person import found
from tests.hub.desks.world import CLI, SPACE
from tests.hub.mail.conftest import BASE, PostOffice
from tests.parts.smtp_server import SmtpServer


@dataclass(frozen=True)
class Still:
    """A clock that stands."""

    at_us: int

    def now_us(self) -> int:
        return self.at_us


DAILY = SeriesRule(Frequency.DAILY, date(2026, 11, 23), date(2026, 11, 27), time(9), time(12))
"""Monday to Friday."""


def reached(made: BookingWorld) -> BookingWorld:
    """Give Jo an address, and Mia none."""
    made.set_up()
    membership = Membership(SPACE, AccessHours.OPENING, date(2026, 1, 1))
    jo = Person(made.jo, "Jörg Weiß", "joerg@example.org", memberships=(membership,))
    made.members.save_member(jo, CLI, made.now_us)
    return made


@pytest.fixture
def world(engine: Engine) -> BookingWorld:
    """On each kind of database in turn."""
    return reached(BookingWorld(engine))


@pytest.fixture
def sqlite_world(sqlite_engine: Engine) -> BookingWorld:
    """On SQLite."""
    return reached(BookingWorld(sqlite_engine))


def letters(world: BookingWorld) -> list[Letter]:
    """Return the letters that were written since the last look."""
    rows = world.rows("SELECT kind, letter FROM outbox ORDER BY pk")
    with world.engine.begin() as connection:
        connection.execute(text("DELETE FROM outbox"))
    return [read_letter(LetterKind(kind), letter) for kind, letter in rows]


def event_of(smtp: SmtpServer, index: int) -> tuple[str, Any]:
    """Return method and event of a mail's calendar file, as a calendar reads it."""
    (file,) = smtp.received[index].message.iter_attachments()
    calendar = icalendar.Calendar.from_ical(file.get_content())
    (event,) = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), event


def test_what_becomes_of_a_booking_arrives_once_and_in_the_calendar(
    world: BookingWorld, smtp: SmtpServer, make_post: Callable[..., PostOffice]
) -> None:
    post, me = make_post(world, smtp), world.me(world.jo)
    SqlMailDesk(world.engine).set_tone(SPACE, Tone.DU, "club@example.org")
    made = world.book(span("09:00", "12:00"), BARE)
    assert post.run() == 1
    moved = world.bookings.change(made.id, Change(time=span("10:00", "13:00")), 1, me, world.now_us)
    gone = world.bookings.cancel(made.id, me, world.now_us)
    back = world.bookings.restore(made.id, me, world.now_us)
    assert post.run() == 3
    world.at("2026-11-19T10:30")
    world.release.run(world.now_us)
    assert world.bookings.booking(made.id, CLI).state is BookingState.RELEASED_NO_SHOW
    assert (post.run(), post.run()) == (1, 0)
    assert [mail.to for mail in smtp.received] == [["joerg@example.org"]] * 5
    assert [mail.message["Subject"] for mail in smtp.received] == [
        "Gebucht: Sofa, Donnerstag, 19. November 2026",
        "Geändert: Sofa, Donnerstag, 19. November 2026",
        "Abgesagt: Sofa, Donnerstag, 19. November 2026",
        "Gebucht: Sofa, Donnerstag, 19. November 2026",
        "Freigegeben: Sofa, Donnerstag, 19. November 2026",
    ]
    for mail, said in zip(
        smtp.received,
        (
            "deine Buchung steht:", "deine Buchung ist geändert. Jetzt gilt:", "deine Buchung ist abgesagt:",
            "deine Buchung gilt wieder:", "zu deiner Buchung kam niemand",
        ),
        strict=True,
    ):  # fmt: skip
        assert mail.text.startswith("Hallo Jörg Weiß,\n\n" + said)
        assert f"\n{BASE}/me/\n" in mail.text
        assert mail.message["Reply-To"] == "club@example.org"
    told = [event_of(smtp, index) for index in range(5)]
    assert [method for method, _ in told] == ["PUBLISH", "PUBLISH", "CANCEL", "PUBLISH", "CANCEL"]
    assert {str(event["UID"]) for _, event in told} == {f"{made.id}@ankerort"}
    assert [int(event["SEQUENCE"]) for _, event in told] == [0, 1, 2, 3, 4]
    assert (moved.version, gone.version, back.version) == (2, 3, 4)
    for index, when in enumerate((made.time, moved.time, moved.time, moved.time, moved.time)):
        event = told[index][1]
        assert (to_us(event["DTSTART"].dt), to_us(event["DTEND"].dt)) == (when.start_us, when.end_us)


def test_a_host_s_act_says_so_and_why(sqlite_world: BookingWorld) -> None:
    world, host = sqlite_world, sqlite_world.actor(1)
    made = world.book(span("09:00", "12:00"), actor=host, reason="am Telefon")
    world.bookings.change(made.id, Change(desk=B), 1, host, world.now_us, reason="Lampe kaputt")
    world.bookings.cancel(made.id, host, world.now_us, reason="Rohrbruch")
    booked, changed, ended = letters(world)
    assert isinstance(booked, BookingMade)
    assert booked.by_host
    assert isinstance(changed, BookingChanged)
    assert (changed.by_host, changed.old_place, changed.stay.place) == (True, "fenster-1", "fenster-2")
    assert isinstance(ended, BookingReleased)
    assert (ended.release, ended.reason, ended.restorable) == ("by_host", "Rohrbruch", True)


def test_a_series_is_one_letter_whatever_is_done_to_it(sqlite_world: BookingWorld) -> None:
    world, me = sqlite_world, sqlite_world.me(sqlite_world.jo)
    made = world.series.book_series(SeriesWish(SPACE, A, DAILY, world.jo), me, world.now_us)
    world.series.change_days(made.id, Days(Which.ALL), DayChange(ends_min=660), me, world.now_us)
    world.series.change_days(made.id, Days(Which.ALL), DayChange(note="mit Hund"), me, world.now_us)
    world.series.cancel_days(made.id, Days(Which.FOLLOWING, date(2026, 11, 25)), me, world.now_us)
    booked, changed, ended = letters(world)
    assert isinstance(booked, BookingMade)
    assert [booked.stay.uid, *(stay.uid for stay in booked.more)] == [
        f"{one.id}@ankerort" for one in made.bookings
    ]
    assert isinstance(changed, BookingChanged)
    assert {stay.end_us - stay.start_us for stay in (changed.stay, *changed.more)} == {2 * 3_600_000_000}
    assert isinstance(ended, BookingReleased)
    assert (ended.stay.start_us, len(ended.more)) == (berlin("2026-11-25T09:00"), 2)


def test_what_a_blocking_displaces_is_told_once_to_each(sqlite_world: BookingWorld) -> None:
    world = sqlite_world
    world.book(span("09:00", "12:00"), A)
    world.book(span("13:00", "14:00"), B)
    world.book(span("15:00", "16:00"), A)
    world.book(span("13:00", "14:00"), A, member=world.mia)
    assert len(letters(world)) == 3, "Mia has no address"
    world.at("2026-11-19T10:30")
    closing = Blocking(SPACE, BookingKind.CLOSING, span("10:00", "18:00"), note="Wasser", displace=True)
    world.blockings.block(closing, world.actor(1), world.now_us)
    cut, gone = letters(world)
    assert isinstance(cut, BookingChanged)
    assert (cut.stay.end_us, cut.old_end_us, cut.by_host) == (world.now_us, berlin("2026-11-19T12:00"), True)
    assert isinstance(gone, BookingReleased)
    assert (gone.release, gone.reason, len(gone.more)) == ("blocked", "Wasser", 1)


def test_whoever_has_booked_beyond_the_end_of_a_space_is_told(sqlite_world: BookingWorld) -> None:
    world = sqlite_world
    world.book(span("09:00", "12:00", "2026-12-03"))
    world.book(span("09:00", "12:00", "2026-12-02"))
    assert len(letters(world)) == 2
    life = LifeService(SqlUnits(world.engine, LifeRows))
    life.close(SPACE, date(2026, 12, 1), "Der Verein zieht aus", CLI, world.now_us)
    (gone,) = letters(world)
    assert isinstance(gone, BookingReleased)
    assert (gone.release, gone.reason, len(gone.more)) == ("blocked", "Der Verein zieht aus", 1)
    assert not gone.restorable


def test_nobody_is_told_what_is_no_news(sqlite_world: BookingWorld) -> None:
    world, me = sqlite_world, sqlite_world.me(sqlite_world.jo)
    request = Request("1:k", b"r" * 32)
    made = world.book(span("09:00", "12:00"), request=request)
    world.book(span("09:00", "12:00"), request=request)
    world.bookings.change(made.id, Change(note="mit Hund"), 1, me, world.now_us)
    with pytest.raises(BookingRefused):
        world.book(span("10:00", "12:00"), member=world.somebody("Ada"))
    world.series.plan(SeriesWish(SPACE, A, DAILY, world.jo), me, world.now_us)
    assert len(letters(world)) == 1
    world.book(span("13:00", "14:00"), B, member=world.mia)
    world.bookings.cancel(made.id, me, world.now_us)
    world.bookings.cancel(made.id, me, world.now_us)
    assert len(letters(world)) == 1, "nobody without an address, nothing that was done before"
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE account SET member_pk = :mia WHERE pk = 4"), {"mia": world.mia})
    world.book(span("14:00", "15:00"), B, member=world.mia)
    ((pk,),) = world.rows("SELECT pk FROM outbox")
    taken = SqlOutbox(world.engine).take(pk, world.now_us)
    assert taken is not None
    assert taken.addressee is not None
    assert taken.addressee.address == "mika@example.org", "reached by the account"


def test_D9_what_a_restored_hub_finds_again_is_told_once(world: BookingWorld) -> None:  # noqa: N802
    made = world.book(span("09:00", "12:00"), BARE)
    world.at("2026-11-19T09:30")
    world.release.run(world.now_us)
    keys = world.rows("SELECT key FROM outbox ORDER BY pk")
    # As if the hub were that of yesterday: the booking stands, and what was mailed is known to the ledger alone.
    with world.engine.begin() as connection:
        connection.execute(text("DELETE FROM outbox"))
        connection.execute(
            text("UPDATE booking SET state = 'booked', is_active = true, ended_us = NULL, version = 1")
        )
    world.at("2026-11-19T11:00")
    world.release.run(world.now_us)
    assert world.bookings.booking(made.id, CLI).state is BookingState.RELEASED_NO_SHOW
    assert world.rows("SELECT key FROM outbox") == keys[1:]


def test_an_event_in_the_whole_space_has_no_desk(sqlite_world: BookingWorld) -> None:
    world = sqlite_world
    world.book(span("18:00", "22:00"), "", actor=CLI, kind=BookingKind.EVENT, reason="Lesung")
    (booked,) = letters(world)
    assert isinstance(booked, BookingMade)
    assert (booked.stay.place, booked.by_host) == ("", True)


def test_P5_a_letter_goes_with_its_reader_and_comes_back_with_no_backup(  # noqa: N802  (requirement P5)
    sqlite_world: BookingWorld, smtp: SmtpServer, make_post: Callable[..., PostOffice], tmp_path: Path
) -> None:
    world, me = sqlite_world, sqlite_world.me(sqlite_world.jo)
    persons = PersonService(SqlUnits(world.engine, PersonRows))
    calendar = CalendarService(SqlUnits(world.engine, CalendarRows))
    secret = calendar.make(world.jo, me, world.now_us)
    made = world.book(span("09:00", "12:00"))
    world.bookings.cancel(made.id, world.actor(1), world.now_us, reason="Jörg ist krank")
    link = Draft("link", Reader(member=world.jo), SignInLink("/sign-in/link/geheim", 15), world.now_us + 1)
    with SqlUnits(world.engine, PersonRows).writing() as unit:
        unit.mail(link, world.now_us)
        unit.commit()
    data = persons.export(world.jo, "asked by mail", CLI, world.now_us)
    sections = {section.table: section.rows for section in data.sections}
    assert len(sections["outbox"]) == 3
    assert "Jörg ist krank" in str(sections["outbox"])
    assert "geheim" not in str(sections["outbox"])
    assert {"outbox.letter", "calendar_feed.digest"} <= set(data.hidden)
    assert [row["made"] for row in sections["calendar_feed"]] == ["2026-11-18T08:40:00+00:00"]
    world.engine.dispose()
    file, backup = Path(str(world.engine.url.database)), tmp_path / "backup.db"
    shutil.copy(file, backup)
    persons.erase(world.jo, CLI, world.now_us)
    assert (
        world.rows("SELECT count(*) FROM outbox")
        == world.rows("SELECT count(*) FROM calendar_feed")
        == [(0,)]
    )
    assert found(world.engine, "Jörg", "joerg@") == []
    assert calendar.feed(secret, world.now_us) is None
    ledger = FileLedger(tmp_path / "ledger.jsonl")
    erasures = KeepErasures(SqlUnits(world.engine, ErasureRows), ledger)
    erasures.run(world.now_us)
    world.engine.dispose()
    for left in file.parent.glob(f"{file.name}-*"):
        left.unlink()
    shutil.copy(backup, file)
    assert calendar.feed(secret, world.now_us) is not None, "the backup has it all again"
    postman = Postman(
        make_post(world, smtp).send, CallRota(SqlAlarmCalls(world.engine)), Still(world.now_us), erasures.run
    )
    postman.step()
    assert smtp.received == []
    assert found(world.engine, "Jörg", "joerg@") == []
    assert calendar.feed(secret, world.now_us) is None
