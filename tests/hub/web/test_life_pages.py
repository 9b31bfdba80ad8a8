"""Opening, moving and closing a space in the browser; and what pages say of its life."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask

from hub.domain.life import LifeRefused
from hub.domain.space import Period, PeriodKind, Space
from hub.domain.time import OpeningState
from hub.web.language import speaking
from hub.web.wording import life_text, opening_line
from tests.hub.web.access_fakes import HOST, MANAGER, Fakes
from tests.hub.web.conftest import Person
from tests.hub.web.fakes import TUESDAY_MORNING_US as NOW_US
from tests.hub.web.fakes import FakeLive

AT = "/spaces/moelln/host/life"
DAY = "2027-06-01"


@pytest.fixture
def manager(signed_in: Callable[[str], Person]) -> Person:
    return signed_in(MANAGER)


def test_a_manager_sets_the_opening_with_a_trial_before(manager: Person, fakes: Fakes) -> None:
    answer = manager.post(f"{AT}/open", {"on": "2027-02-01", "test_from": "2027-01-15"})
    assert answer.status_code == 303
    assert fakes.life.calls == [("open_space", "moelln", date(2027, 2, 1), date(2027, 1, 15))]
    assert "öffnet am 01.02.2027" in manager.get(AT).text


def test_a_manager_plans_a_move_and_takes_it_back(manager: Person, fakes: Fakes) -> None:
    assert manager.post(f"{AT}/move", {"on": DAY, "address": "Am Hafen 2"}).status_code == 303
    assert manager.post(f"{AT}/take-back/move").status_code == 303
    assert manager.post(f"{AT}/take-back/everything").status_code == 404
    assert [call[0] for call in fakes.life.calls] == ["move", "take_back"]
    assert "Bitte füllen Sie dieses Feld aus" in manager.post(f"{AT}/move", {"on": DAY}).text


def test_closing_shows_what_follows_and_wants_the_name(manager: Person, fakes: Fakes, live: FakeLive) -> None:
    assert "Wählen Sie zuerst den Tag" in manager.get(f"{AT}/close").text
    page = manager.get(f"{AT}/close?on={DAY}").text
    for said in (
        "am 01.06.2027 schließen?",
        "gesperrt werden und keine Tür mehr öffnen: 3",
        "die letzten Rechnungen",
    ):
        assert said in page
    assert "Buchungen nach dem letzten Tag: 2" in page
    wanted = {"on": DAY, "reason": "Der Verein zieht aus"}
    assert "Das ist nicht der Name des Orts" in manager.post(f"{AT}/close", wanted | {"name": "Mölln"}).text
    assert fakes.life.calls == []
    found = live.space("moelln", NOW_US)
    assert found is not None
    name = found.space.name
    assert manager.post(f"{AT}/close", wanted | {"name": name.upper()}).status_code == 303
    assert fakes.life.calls == [("close", "moelln", date(2027, 6, 1), "Der Verein zieht aus")]


def test_a_refusal_says_what_would_work(manager: Person, fakes: Fakes) -> None:
    fakes.life.refuses = LifeRefused("closes too soon", code="closes_too_soon", on=date(2026, 11, 17))
    assert "schließt frühestens morgen" in manager.get(f"{AT}/close?on=2026-11-17").text
    assert "schließt frühestens morgen" in manager.post(f"{AT}/open", {"on": "2026-11-17"}).text
    fakes.life.refuses = LifeRefused(
        "is closed", code="space_is_closed", space="Mölln", since=date(2026, 11, 1)
    )
    answer = manager.post(f"{AT}/move", {"on": DAY, "address": "Am Hafen 2"})
    assert answer.status_code == 422
    assert "seit 01.11.2026 geschlossen" in answer.text
    assert "Bitte wählen Sie einen Tag" in manager.get(f"{AT}/close?on=bald").text


def test_hosts_do_not_decide_on_the_life_of_a_space(signed_in: Callable[[str], Person]) -> None:
    host = signed_in(HOST)
    for path in ("", "/open", "/move", "/close"):
        assert host.get(AT + path).status_code == 404


@pytest.mark.parametrize(
    ("days", "german", "english"),
    [
        (
            ("test 2026-11-01", "open 2027-02-01"),
            "im Testbetrieb, öffnet am 01.02.2027",
            "on trial, opens on 1 February 2027",
        ),
        (
            ("test 2027-01-15", "open 2027-02-01", "closed 2027-06-01"),
            "öffnet am 01.02.2027, bis 31.05.2027",
            "opens on 1 February 2027, until 31 May 2027",
        ),
        (("test 2026-11-01",), "im Testbetrieb", "on trial"),
        (
            ("open 2026-01-01", "moved 2027-03-01"),
            "zieht um am 01.03.2027: Am Hafen 2",
            "moves on 1 March 2027 to Am Hafen 2",
        ),
        (("open 2026-01-01", "moved 2026-03-01"), "", ""),
        (("open 2026-01-01", "closed 2026-11-01"), "", ""),
    ],
)
def test_pages_tell_what_is_to_come_in_the_life_of_a_space(
    app: Flask, live: FakeLive, days: tuple[str, ...], german: str, english: str
) -> None:
    space = _living(live, days)
    for language, said in (("de", german), ("en", english)):
        with speaking(app, language):
            assert life_text(space, NOW_US) == said


def test_a_closed_space_says_since_when(app: Flask, live: FakeLive) -> None:
    space = _living(live, ("open 2026-01-01", "closed 2026-11-01"))
    shut = OpeningState(False, None, None)
    with speaking(app, "de"):
        assert opening_line(space, shut, NOW_US) == "Endgültig geschlossen seit 01.11.2026"


def test_the_live_page_and_the_api_have_the_address_of_the_day(app: Flask, live: FakeLive) -> None:
    moved = _living(live, ("open 2026-01-01", "moved 2026-03-01"))
    live.change_space(moved.id, periods=moved.periods)
    assert "Am Hafen 2" in app.test_client().get(f"/spaces/{moved.id}").text
    spaces = app.test_client().get("/api/v1/spaces").json
    assert spaces is not None
    assert [one["address"] for one in spaces["spaces"] if one["id"] == moved.id] == ["Am Hafen 2"]


def _living(live: FakeLive, days: tuple[str, ...]) -> Space:
    space = live.towns()[0].spaces[0] if live.towns()[0].spaces else live.towns()[1].spaces[0]
    periods = tuple(
        Period(date.fromisoformat(day), PeriodKind(kind), "Am Hafen 2" if kind == "moved" else "")
        for kind, day in (one.split() for one in days)
    )
    last = periods[-1].starts_on if periods[-1].kind is PeriodKind.CLOSED else None
    return replace(
        space,
        periods=periods,
        valid_from=periods[0].starts_on,
        valid_to=None if last is None else date.fromordinal(last.toordinal() - 1),
    )
