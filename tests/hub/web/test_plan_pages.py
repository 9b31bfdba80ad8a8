"""Floor plan and settings in the browser, without JavaScript: refusals at their fields, a second tab that is told."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy import Engine

from hub.domain.space import Desk, OpeningPeriod
from hub.domain.tariffs import WithoutPass
from hub.web.setting_forms import days_of_text, hours_of_text
from tests.hub.bookings.world import BookingWorld, span
from tests.hub.web.access_fakes import HOST, MANAGER, Fakes
from tests.hub.web.booking_site import HANNA, Site
from tests.hub.web.conftest import Person

AT = "/spaces/moelln/host"
SignedIn = Callable[[str], Person]


class Form(HTMLParser):
    """Reads what a browser would send of the form in a page's main part."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self._within = ""
        self.feed(page[page.index("<main") : page.index("</main>")])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        name, kind = found.get("name", ""), found.get("type", "")
        if tag == "input" and name and (kind not in ("checkbox", "radio") or "checked" in found):
            self.sent[name] = found.get("value", "")
        elif tag == "select":
            self._within, self.sent[name] = name, ""
        elif tag == "option" and "selected" in found:
            self.sent[self._within] = found.get("value", "")
        elif tag == "textarea":
            self._within, self.sent[name] = name, ""

    def handle_data(self, data: str) -> None:
        if self.lasttag == "textarea":
            self.sent[self._within] += data

    def handle_endtag(self, tag: str) -> None:
        self.lasttag = "" if tag == "textarea" else self.lasttag


def fields(page: str) -> dict[str, str]:
    """Return the fields of a page's form, without its token."""
    return {name: value for name, value in Form(page).sent.items() if name != "csrf_token"}


def send(person: Person, address: str, **changed: Any) -> Any:
    """Load a form, change some fields, and send it."""
    sent = fields(person.get(address).text) | {
        name.replace("_AT_", "-"): value for name, value in changed.items()
    }
    return person.post(address, {name: value for name, value in sent.items() if value is not None})


def desk(fakes: Fakes, id_: str = "s1") -> Desk:
    return next(one for one in fakes.site.space.desks if one.id == id_)


def test_a_host_moves_a_desk_by_typing(signed_in: SignedIn, fakes: Fakes) -> None:
    host = signed_in(HOST)
    answer = send(host, f"{AT}/plan", x_AT_s1="300", y_AT_s1="420", angle_AT_s1="90")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{AT}/plan")
    assert (desk(fakes).x, desk(fakes).y, desk(fakes).angle) == (300, 420, 90)
    assert "Der Raumplan ist gespeichert." in host.get(f"{AT}/plan").text


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("5", "Sein Rand liegt außerhalb des Plans"),
        ("-5", "ganze Zahl, zum Beispiel 120"),
        ("zwölf", "ganze Zahl"),
        ("", "ganze Zahl"),
        ("١٢٠", "ganze Zahl"),
        ("9" * 400, "ganze Zahl"),
    ],
)
def test_a_refused_place_is_told_at_its_desk_and_nothing_is_moved(
    signed_in: SignedIn, fakes: Fakes, value: str, told: str
) -> None:
    before = fakes.site.space
    answer = send(signed_in(HOST), f"{AT}/plan", x_AT_s1=value, x_AT_s2="300")
    assert answer.status_code == 422
    assert told in re.findall(r'id="error-s1">([^<]*)<', answer.text)[0]
    # What was typed is still there, of the other desk, too.
    assert 'name="x-s2" value="300"' in answer.text
    assert fakes.site.space == before


def test_a_desk_that_covers_another_is_saved_and_told(signed_in: SignedIn, fakes: Fakes) -> None:
    host = signed_in(HOST)
    other = desk(fakes, "s2")
    send(host, f"{AT}/plan", x_AT_s1=str(other.x), y_AT_s1=str(other.y))
    assert "„Saal 1“ und „Saal 2“ überdecken sich" in host.get(f"{AT}/plan").text


@pytest.mark.parametrize("what", ["plan", "plan/desks/s1", "plan/desks/s1/remove", "settings"])
def test_the_second_of_two_tabs_is_told(signed_in: SignedIn, fakes: Fakes, what: str) -> None:
    manager = signed_in(MANAGER)
    first = fields(manager.get(f"{AT}/{what}").text)
    fakes.site.version += 1
    before = fakes.site.space
    answer = manager.post(f"{AT}/{what}", first | {"name": "Anders", "do": "save"})
    assert answer.status_code == 422
    assert "Dieser Raum wurde inzwischen geändert" in answer.text
    assert fakes.site.space == before
    # The form now has the present version: sending it again works.
    assert fields(answer.text)["version"] == str(fakes.site.version)


def test_a_desk_is_added_renamed_put_out_of_service_and_taken_away(signed_in: SignedIn, fakes: Fakes) -> None:
    host = signed_in(HOST)
    send(
        host,
        f"{AT}/plan/desks/new",
        name="Größe Ü",
        x="700",
        y="580",
        width="120",
        depth="60",
        sensor="",
        device="",
    )
    added = fakes.site.space.desks[-1]
    assert (added.id, added.name, added.sensor, added.in_service) == ("groesse-ue", "Größe Ü", "", True)
    answer = send(host, f"{AT}/plan/desks/s1", name="Fenster <b>", in_service=None)
    assert answer.status_code == 303
    assert (desk(fakes).name, desk(fakes).in_service, desk(fakes).sensor) == ("Fenster <b>", False, "pir")
    page = host.get(f"{AT}/plan").text
    assert "Fenster &lt;b&gt;" in page
    assert "<b>" not in page
    assert "noch 2 Buchungen bevor" in page
    assert (
        host.post(f"{AT}/plan/desks/groesse-ue/remove", {"version": str(fakes.site.version)}).status_code
        == 303
    )
    assert "groesse-ue" not in [one.id for one in fakes.site.space.desks]
    assert host.get(f"{AT}/plan/desks/groesse-ue").status_code == 404


@pytest.mark.parametrize(
    ("changed", "at", "told"),
    [
        ({"name": ""}, "name", "Bitte füllen Sie"),
        ({"width": "5"}, "width", "ganze Zahl von 20 bis 1000"),
        ({"x": "1"}, "x", "außerhalb des Plans"),
        ({"sensor": "pir", "device": ""}, "device", "welches Gerät"),
        ({"angle": "quer"}, "angle", "ganze Zahl"),
    ],
)
def test_a_refused_field_of_a_desk_says_why(
    signed_in: SignedIn, fakes: Fakes, changed: dict[str, str], at: str, told: str
) -> None:
    answer = send(signed_in(HOST), f"{AT}/plan/desks/s1", **changed)
    assert answer.status_code == 422
    assert told in re.findall(rf'id="{at}-error">([^<]*)<', answer.text)[0]
    assert fakes.site.calls in ([], ["save_desk"])
    assert fakes.site.version == 3


# -- settings


def test_settings_are_looked_at_first_and_kept_then(signed_in: SignedIn, fakes: Fakes) -> None:
    manager = signed_in(MANAGER)
    answer = send(
        manager, f"{AT}/settings", opening_2="14-17 Uhr", closed_on="24.12.2026\n2026-12-31", do="save"
    )
    # Nobody has seen yet what this does.
    assert answer.status_code == 200
    assert fakes.site.version == 3
    assert "1 kommende Buchung liegt außerhalb der neuen Öffnungszeiten" in answer.text
    assert "Saal 1, " in answer.text
    assert "Die Karten von 4 Mitgliedern öffnen Türen kürzer" in answer.text
    assert "Geändert: Mittwoch, Schließtage." in answer.text
    saved = manager.post(f"{AT}/settings", fields(answer.text) | {"do": "save"})
    assert (saved.status_code, saved.headers["Location"]) == (303, f"{AT}/settings")
    assert OpeningPeriod(2, time(14), time(17)) in fakes.site.space.opening
    assert fakes.site.space.closed_on == (date(2026, 12, 24), date(2026, 12, 31))
    assert fakes.site.rule is WithoutPass.OPEN


def test_what_was_changed_after_the_look_is_looked_at_again(signed_in: SignedIn, fakes: Fakes) -> None:
    manager = signed_in(MANAGER)
    looked = fields(send(manager, f"{AT}/settings", opening_2="14-17", do="preview").text)
    answer = manager.post(f"{AT}/settings", looked | {"opening_2": "15-16", "do": "save"})
    assert answer.status_code == 200
    assert fakes.site.version == 3


def test_a_look_without_a_change_says_so(signed_in: SignedIn) -> None:
    answer = send(signed_in(MANAGER), f"{AT}/settings", do="preview")
    assert answer.status_code == 200
    assert "Noch ist nichts geändert." in answer.text


@pytest.mark.parametrize(
    ("changed", "at", "told"),
    [
        ({"opening_0": "vormittags"}, "opening_0", "Bitte schreiben Sie Zeiten als"),
        ({"opening_0": "8-12, 11-14"}, "opening_0", "überschneiden sich"),
        ({"opening_6": "22-2"}, "opening_6", "enden vor ihrem Beginn"),
        ({"opening_6": "8-25"}, "opening_6", "Bitte schreiben Sie Zeiten als"),
        ({"closed_on": "Weihnachten"}, "closed_on", "Bitte schreiben Sie Tage als"),
        ({"closed_on": "24.12.9999"}, "closed_on", "2000"),
        ({"advance_days": "731"}, "advance_days", "ganze Zahl von 0 bis 730"),
        ({"grace_min": "0"}, "grace_min", "ganze Zahl von 1 bis"),
        ({"per_week": "viele"}, "per_week", "ganze Zahl"),
        ({"half_day_at": "12:10"}, "half_day_at", "Viertelstunde"),
        ({"half_day_at": "25:00"}, "half_day_at", "Uhrzeit als 13:00"),
    ],
)
def test_a_refused_setting_says_why_at_its_field(
    signed_in: SignedIn, fakes: Fakes, changed: dict[str, str], at: str, told: str
) -> None:
    answer = send(signed_in(MANAGER), f"{AT}/settings", do="save", **changed)
    assert answer.status_code == 422
    assert told in re.findall(rf'id="{at}-error">([^<]*)<', answer.text)[0]
    assert fakes.site.version == 3


def test_a_small_space_needs_a_reason_to_show_more(signed_in: SignedIn, fakes: Fakes) -> None:
    fakes.site.space = replace(fakes.site.space, desks=fakes.site.space.desks[:5])
    answer = send(signed_in(MANAGER), f"{AT}/settings", public_detail="desks", do="preview")
    assert "weniger als 6 Plätzen" in re.findall(r'id="public_detail_reason-error">([^<]*)<', answer.text)[0]


def test_settings_are_no_page_for_hosts(signed_in: SignedIn) -> None:
    assert signed_in(HOST).get(f"{AT}/settings").status_code == 404


@pytest.mark.parametrize(
    ("typed", "spans"),
    [
        ("", []),
        ("08:00-12:00, 13:00-17:00", [("08:00", "12:00"), ("13:00", "17:00")]),
        ("8–12 Uhr und 13 bis 17 Uhr", [("08:00", "12:00"), ("13:00", "17:00")]),
        ("0-24", [("00:00", "00:00")]),
        ("7.30-18.15", [("07:30", "18:15")]),
    ],
)
def test_hours_are_read_as_people_write_them(typed: str, spans: list[tuple[str, str]]) -> None:
    found = hours_of_text(typed, 3)
    assert found is not None
    assert [(f"{one.opens:%H:%M}", f"{one.closes:%H:%M}") for one in found] == spans


@pytest.mark.parametrize("typed", ["8", "24-8", "8:60-9", "8-12-14", "99-100", "\u0668-12"])
def test_what_are_no_hours_is_not_guessed(typed: str) -> None:
    assert hours_of_text(typed, 3) is None


def test_days_are_read_in_both_ways() -> None:
    assert days_of_text("24.12.2026, 2026-12-31\n1.1.2027") == (
        date(2026, 12, 24),
        date(2026, 12, 31),
        date(2027, 1, 1),
    )
    assert days_of_text("31.2.2026") is None


# -- signs


def test_signs_are_taken_as_pdf(signed_in: SignedIn) -> None:
    host = signed_in(HOST)
    for layout in ("door-a5", "desks-a6", "desks-a4"):
        answer = host.get(f"{AT}/signs/{layout}.pdf")
        assert answer.mimetype == "application/pdf"
        assert answer.headers["Content-Disposition"] == f"attachment; filename=moelln-{layout}.pdf"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.data.startswith(b"%PDF-")
    assert host.get(f"{AT}/signs/desks-a6.pdf?desk=s1").status_code == 200
    for nothing in ("desks-a6.pdf?desk=nichts", "poster.pdf"):
        assert host.get(f"{AT}/signs/{nothing}").status_code == 404


# -- on the real services


def test_plan_settings_and_signs_on_a_real_database(sqlite_engine: Engine) -> None:
    world = BookingWorld(sqlite_engine)
    world.set_up()
    world.book(span("14:00", "15:00"))
    site = Site(world)
    at = "/spaces/stadtlabor/host"
    host, manager = site.person(HANNA), site.person("mara@example.org")
    moved = {"x-fenster-1": "300", "y-fenster-1": "450", "x-fenster-2": "500", "y-fenster-2": "300"}
    answer = host.post(f"{at}/plan", fields(host.get(f"{at}/plan").text) | moved)
    assert answer.status_code == 303, answer.text
    assert 'name="x-fenster-1" value="300"' in host.get(f"{at}/plan").text
    mornings = {f"opening_{day}": "8-12" for day in range(5)}
    shown = manager.post(f"{at}/settings", fields(manager.get(f"{at}/settings").text) | mornings)
    assert "1 kommende Buchung liegt außerhalb der neuen Öffnungszeiten" in shown.text
    assert manager.post(f"{at}/settings", fields(shown.text) | {"do": "save"}).status_code == 303
    assert (
        'name="opening_4" type="text" autocomplete="off" value="08:00-12:00"'
        in manager.get(f"{at}/settings").text
    )
    assert host.get(f"{at}/signs/desks-a6.pdf").data.startswith(b"%PDF-")
    assert [entry["what"] for entry in world.chain()][-2:] == ["desks_moved", "space_settings_changed"]
