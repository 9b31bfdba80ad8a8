"""Every form of the application, every field of it, filled in with malice: a clear answer, and all or nothing.

Forms are found by following links, so that a new page is tried as soon as something leads to it; a form that nothing
leads to must say so in `ELSEWHERE`.
"""

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from itertools import chain, count
from typing import Final

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from hub.booking_ports import Blocking, SeriesWish
from hub.domain.accounts import LinkPurpose
from hub.domain.admission import AccessPhase, Group
from hub.domain.booking import BookingKind
from hub.domain.people import Role
from hub.domain.series import Frequency, SeriesRule
from hub.domain.space import SpaceAccess
from hub.domain.statistics.findings import Place, PlaceLevel
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Target
from hub.domain.statistics.written import HandFigure
from hub.domain.texts import is_unseen
from hub.domain.webhooks import Happening, Webhook
from hub.services.import_site import import_site
from hub.storage.live_queries import SqlLiveQueries
from hub.storage.unit_of_work import UnitFactory
from hub.waiting_ports import WaitWish
from hub.web.parts import WebConfig
from tests.hub.bookings.world import A, B, BookingWorld, C, span
from tests.hub.desks.test_passes import DAY
from tests.hub.desks.world import CLI, LOOKUPS, SPACE, DoorSpool
from tests.hub.web.booking_site import JO, Site, Visitor
from tests.hub.web.forms_found import MOST_PAGES, Form, forms_of

MARA: Final = "mara@example.org"
AGS: Final = f"{sum(SPACE.encode()):08d}"
"""Of the space's town, as `tests.hub.ingest.hub.town` has it."""
MARK: Final = "zq7"
"""Stands in everything hostile, so that what was kept or shown of it is found."""

LONG = MARK + "ä" * 10_000
MARKUP = f'{MARK}"><script>{MARK}</script>{{{{7*7}}}}'
HOSTILE: Final = {
    "10,000 characters": LONG,
    "markup": MARKUP,
    "formula": f'=HYPERLINK("http://{MARK}";"Öffnen")',
    "right to left": f"{MARK} \u202egnol\u2066 אבג \u0000\r\nX: y",
    "year 1": "0001-01-01",
    "year 9999": "9999-12-31",
    "no clock": "25:61",
    "below zero": "-1",
    "very many": "9" * 25,
    "other digits": "\uff11\uff12\u00b3",
}
HOOK: Final = "e1" * 8
TAKEN: Final = "day=2026-11-19&from=10:00&until=12:00"
"""A time at which a desk can't be had, as pages write it."""
MOST_KEPT: Final = 400
"""Characters of anything that pages let somebody store."""
LINKS: Final = ("a" * 43, "b" * 43)
"""What letters of this test lead to: signing in, and choosing another password."""
ELSEWHERE: Final = {
    "mail.end": "tests/hub/web/test_mail_pages.py",
    "statistics.publish": "it takes months whose days are sealed: tests/hub/web/test_statistics_pages.py",
    **dict.fromkeys(
        ("my_security.passkey_add", "my_security.passkey_options", "passkey.options", "passkey.sign_in"),
        "what a script sends: tests/hub/web/test_sign_in_ways.py",
    ),
}
"""What can be sent and no page has a form for, and why."""
ALL: Final = os.environ.get("ANKERORT_ALL_HOSTILE") == "1"
"""Whether each field is given all of them, which takes some minutes."""


class Attacker:
    """Somebody who has signed in, and sends each form as often as it takes, from the same state of the database."""

    def __init__(self, app: Flask, client: FlaskClient, file: sqlite3.Connection, page: str) -> None:
        self._app, self._file = app, file
        # The token of forms is made by the first page that has one, and kept in the cookie.
        assert client.get(page).status_code == 200
        self.answers, self.changes = Counter[int](), 0
        cookie = client.get_cookie("session")
        assert cookie is not None
        self._cookie = cookie.value
        self._before = sqlite3.connect(":memory:")
        file.backup(self._before)
        self._kept = texts_of(file)
        self._client = client

    def forms(self, *starts: str, most: int) -> list[Form]:
        """Return all forms that somebody finds from some pages on; `most` as in `forms_of`."""
        return forms_of(self._app, self._as_before(), *starts, most=most)

    def send(self, form: Form, fields: dict[str, str]) -> str:
        """Send a form; return what is wrong with the answer, or with what is stored after it."""
        version = self._version()
        client = self._as_before()
        if form.method == "POST":
            answer = client.post(form.action, data=fields)
        else:
            answer = client.get(form.action, query_string=fields)
        if answer.mimetype not in ("text/html", "application/json"):
            answer.close()
            return "" if answer.status_code < 500 else f"status {answer.status_code}"
        wrong = [] if answer.status_code < 500 else [f"status {answer.status_code}"]
        wrong += [f"shows {raw!r} as it is" for raw in (f"<script>{MARK}", f"{MARK}49") if raw in answer.text]
        self.answers[answer.status_code] += 1
        there = answer.headers.get("Location", "")
        is_way_out = form.action.startswith("/sign-in") or "sign_out" in form.endpoint
        if there.startswith("/sign-in") and not is_way_out:
            wrong.append("has nobody signed in any more")
        if self._version() != version:
            self.changes += 1
            if answer.status_code >= 400:
                wrong.append(f"changed something, and answered {answer.status_code}")
            new = texts_of(self._file) - self._kept
            wrong += [
                f"stored {text[:60]!r}" for text in new if len(text) > MOST_KEPT or any(map(is_unseen, text))
            ]
            if there.startswith("/"):
                wrong += self._look(there)
            self._before.backup(self._file)
        return "; ".join(wrong)

    def close(self) -> None:
        """Forget the copy."""
        self._before.close()

    def _look(self, address: str) -> list[str]:
        page = self._client.get(address)
        bad = page.status_code >= 500 or f"<script>{MARK}" in page.text
        return [f"{address} answers {page.status_code} from then on"] if bad else []

    def _version(self) -> int:
        return int(self._file.execute("PRAGMA data_version").fetchone()[0])

    def _as_before(self) -> FlaskClient:
        self._client.set_cookie("session", self._cookie)
        return self._client


def texts_of(file: sqlite3.Connection) -> set[str]:
    """Return every text of a database."""
    tables = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        value for table in tables for row in file.execute(f'SELECT * FROM "{table}"') for value in row
        if isinstance(value, str)
    }  # fmt: skip


@pytest.fixture
def site(sqlite_engine: Engine) -> Site:
    """A space with something of everything that a form can be about."""
    world = BookingWorld(sqlite_engine)
    world.set_up()
    site = Site(world, WebConfig(has_mail=True, is_key_kept=True))
    jo, host = world.me(world.jo), world.actor(1)
    tomorrow = span("10:00", "12:00")
    world.book(tomorrow)
    world.book(span("09:00", "12:00", "2026-11-18"), B)
    cancelled = world.book(span("10:00", "12:00", "2026-11-20"))
    world.bookings.cancel(cancelled.id, jo, world.now_us)
    rule = SeriesRule(
        Frequency.WEEKLY, date(2026, 11, 24), date(2026, 12, 8), time(9), time(10), weekdays=(1,)
    )
    world.series.book_series(SeriesWish(SPACE, B, rule, world.jo), jo, world.now_us)
    lamp = Blocking(SPACE, BookingKind.MAINTENANCE, tomorrow, (C,), "Lampe")
    world.blockings.block(lamp, host, world.now_us)
    add_what_waits(site)
    world.card("Karte 1", member=world.jo)
    world.card("Karte 2", member=world.jo, state="blocked")
    world.card("Karte 3")
    world.card("Karte 4", state="blank")
    world.passes.save_tariff(SPACE, DAY, CLI, world.now_us)
    for starts in (None, date(2026, 10, 5)):
        world.passes.sell(SPACE, world.jo, DAY.id, starts, CLI, world.now_us)
    world.groups.save_group(SPACE, Group("verein", "Verein"), CLI, world.now_us)
    world.groups.save_phases(SPACE, [AccessPhase(date(2027, 1, 1), ("verein",))], CLI, world.now_us)
    live = SqlLiveQueries(UnitFactory(world.engine))
    towns = [
        replace(
            town, spaces=tuple(replace(one, access=SpaceAccess(phone_opening=True)) for one in town.spaces)
        )
        for town in live.towns()
    ]
    import_site(UnitFactory(world.engine), towns, world.now_us)
    world.say("pi-1", calls=["haupt"])
    world.cards.ask_for_card(SPACE, ("pi-1", "leser"), "Karte 9", None, host, world.now_us)
    world.doors.open_log(SPACE, "Fundsache", world.actor(2), world.now_us)
    spool = DoorSpool()
    spool.access(LOOKUPS[1])
    spool.door("forced", 2, contact="open")
    world.take(spool.batch(1))
    add_what_is_counted(site)
    return site


def add_what_is_counted(site: Site) -> None:
    """Add a count by hand and a target."""
    figures, place, day = site.access.figures, Place(PlaceLevel.TOWN, AGS), date(2026, 11, 2)
    assert figures is not None
    entry = HandFigure(0, place, "enquiries", day, day, Decimal(7), "Telefon", "Rathaus")
    figures.add(entry, CLI, day, site.world.now_us)
    goal = Target(place, "visits", Span.of_year(2026), Decimal(500), source="Zuwendungsbescheid")
    figures.set_target(goal, CLI, site.world.now_us)


def add_what_waits(site: Site) -> None:
    """Add a calendar feed, two who wait, one of them with a hold, a move, and a webhook that reached nobody."""
    world, desks = site.world, site.access.booking
    assert desks is not None
    jo, mia = world.me(world.jo), world.me(world.mia)
    desks.calendar.make(world.jo, jo, world.now_us)
    taken = span("13:00", "15:00", "2026-11-20")
    mias = world.book(taken, A, member=world.mia, actor=mia)
    desks.waiting.wait(WaitWish(SPACE, A, taken), jo, world.now_us)
    desks.waiting.wait(WaitWish(SPACE, B, span("09:00", "12:00", "2026-11-18")), mia, world.now_us)
    world.bookings.cancel(mias.id, mia, world.now_us)
    site.access.life.move(SPACE, date(2027, 5, 1), "Neue Straße 1", CLI, world.now_us)
    hook = Webhook(HOOK, SPACE, "https://example.org/hook", frozenset(Happening), False, world.now_us)
    site.access.webhooks.add(hook, b"s" * 60, CLI, world.now_us)
    with world.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO webhook_event (webhook_pk, key, kind, data, state, due_us, tries, reason, ended_us)"
                " VALUES (1, 'booking/1', 'booking.made', '{}', 'dead', 0, 10, 'status 500', :now)"
            ),
            {"now": world.now_us},
        )


@pytest.fixture
def file(site: Site) -> Iterator[sqlite3.Connection]:
    """The database of the site."""
    with closing(sqlite3.connect(str(site.world.engine.url.database))) as connection:
        yield connection


def starts_of(site: Site) -> dict[str, list[str]]:
    """Return who sends forms, and from which pages on they are looked for."""
    at = f"/spaces/{SPACE}/host"
    ((order,),) = site.world.rows("SELECT command FROM card_order")
    ((wait,),) = site.world.rows("SELECT id FROM waiting WHERE hold_pk IS NOT NULL")
    ((series,),) = site.world.rows("SELECT id FROM booking_series")
    return {
        "manager": [
            f"{at}/", f"{at}/due?month=2026-10", f"{at}/walk-ins/{C}", f"{at}/cards/4", f"{at}/cards/orders/{order}",
            f"{at}/cards/1/take-back", f"{at}/cards/2/unblock", f"{at}/cards/3/give",
            f"{at}/webhooks", f"{at}/life/close?on=2027-06-01",
            *(f"/statistics/towns/{AGS}/{page}" for page in ("entries", "entries/import", "targets", "settings")),
            f"/statistics/town/{AGS}/2025/internal", f"/statistics/town/{AGS}/2025/research",
        ],
        "member": [
            "/me/", "/me/calendar", f"/me/waiting/{wait}", f"/spaces/{SPACE}/book/{C}?{TAKEN}",
            "/me/security", f"/me/series/{series}/cancel", f"/spaces/{SPACE}",
            f"/spaces/{SPACE}/desks/{B}/check-in",
        ],
        "half signed in": ["/sign-in/second"],
        "stranger": [
            "/sign-in", "/sign-in/link", "/sign-in/forgot", f"/sign-in/link/{LINKS[0]}", f"/sign-in/reset/{LINKS[1]}",
            f"/spaces/{SPACE}/way",
        ],
    }  # fmt: skip


@pytest.fixture
def clients(site: Site, monkeypatch: pytest.MonkeyPatch) -> dict[str, FlaskClient]:
    """Browsers of whoever can send something."""
    tokens = chain(LINKS, map("{:_>43}".format, count()))
    monkeypatch.setattr("hub.storage.sign_in_links.secrets.token_urlsafe", lambda _: next(tokens))
    for purpose in (LinkPurpose.SIGN_IN, LinkPurpose.RESET):
        site.access.links.send(JO, purpose, "de", site.world.now_us)
    mara = site.access.accounts.by_mail(MARA)
    assert mara is not None
    roles = mara.roles | {(Role.STATISTICS, ""), (Role.RESEARCH, "")}
    site.access.accounts.save(replace(mara, roles=roles), CLI, site.world.now_us)
    made = {"member": site.person(JO).client, "manager": site.person(MARA).client}
    account = site.access.accounts.by_mail(JO)
    assert account is not None
    site.access.factors.turn_on(account.pk, b"sealed", 0, [b"a" * 32], site.world.now_us)
    site.access.passkeys.add(account.pk, b"credential", b"key", 0, "Telefon", site.world.now_us)
    for name in ("stranger", "half signed in"):
        somebody = Visitor(site.app)
        assert somebody.get("/sign-in").status_code == 200
        made[name] = somebody.client
    assert somebody.sign_in(JO).headers["Location"] == "/sign-in/second"
    return made


@pytest.mark.timeout(1200)
def test_every_field_of_every_form_may_say_anything(
    site: Site, clients: dict[str, FlaskClient], file: sqlite3.Connection
) -> None:
    wrong, changes, tried = list[str](), dict[str, int](), dict[tuple[str, str, frozenset[str]], Form]()
    for who, starts in starts_of(site).items():
        with closing(Attacker(site.app, clients[who], file, starts[0])) as attacker:
            forms = attacker.forms(*starts, most=MOST_PAGES if who in ("manager", "member") else 0)
            # What ends the session comes last.
            for form in sorted(forms, key=lambda one: "sign_out" in one.endpoint):
                if tried.setdefault(form.kind, form) is form:
                    wrong += troubles(attacker, form, len(tried))
            assert attacker.answers[400] == 0, "the token of forms was not taken, so nothing was tried"
            changes[who] = attacker.changes
    assert not wrong, "\n".join(wrong)
    assert changes["manager"] > 15
    assert changes["member"] > 5
    offered = {
        rule.endpoint
        for rule in site.app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and not rule.rule.startswith("/api/")
    }
    found = {form.endpoint for form in tried.values() if form.method == "POST"}
    unled = offered - found
    assert unled == set(ELSEWHERE), f"no link leads to {sorted(unled - set(ELSEWHERE))}"


def troubles(attacker: Attacker, form: Form, number: int) -> Iterator[str]:
    """Fill each field in with what is hostile, and leave all of them out; give what went wrong."""
    token = {name: value for name, value in form.fields.items() if name == "csrf_token"}
    sent = [("nothing", token)] + [
        (f"{name} of {kind}", {**form.fields, name: HOSTILE[kind]})
        for place, name in enumerate(form.fields)
        if name not in token
        for kind in kinds_for(number + place)
    ]
    for what, fields in sent:
        if found := attacker.send(form, fields):
            yield f"{form.method} {form.endpoint} with {what}: {found}"


def kinds_for(number: int) -> list[str]:
    """Return which hostile values a field gets: each its own, so that all of them are used often, or all."""
    kinds = list(HOSTILE)
    return kinds if ALL else [kinds[number % len(kinds)]]
