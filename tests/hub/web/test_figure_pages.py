"""Counts by hand, targets, settings, gaps and the way to work in the browser."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask

from hub.domain.statistics.findings import Flag
from hub.domain.statistics.written import Destination, Distance, Mode, Way
from tests.hub.web.access_fakes import HOST, STATISTICS, Fakes
from tests.hub.web.conftest import Person
from tests.hub.web.figure_fakes import AGS, FACTOR

BASE = f"/statistics/towns/{AGS}"
COUNTED = {
    "place": f"town:{AGS}", "figure": "event_guests", "first": "2026-11-02", "last": "", "value": "35",
    "source": "Strichliste", "who": "Empfang", "preliminary": "y",
}  # fmt: skip


@pytest.fixture
def stine(signed_in: Callable[[str], Person]) -> Person:
    return signed_in(STATISTICS)


def test_a_number_is_written_down_corrected_and_removed(stine: Person, fakes: Fakes) -> None:
    assert "Anfragen, Wittenberge" in stine.get(f"{BASE}/entries").text
    assert stine.post(f"{BASE}/entries", COUNTED).status_code == 303
    stored = fakes.figures.kept[2]
    assert (stored.figure, stored.value, stored.first, stored.last) == (
        "event_guests", Decimal(35), date(2026, 11, 2), date(2026, 11, 2),
    )  # fmt: skip
    assert stored.flags == {Flag.PRELIMINARY}
    page = stine.get(f"{BASE}/entries").text
    assert "Die Zahl steht nun da." in page
    assert "02.11.2026 · Strichliste · Empfang · vorläufig" in page
    assert 'value="35"' in stine.get(f"{BASE}/entries/2").text
    assert stine.post(f"{BASE}/entries/2", {**COUNTED, "value": "36"}).status_code == 303
    assert fakes.figures.kept[2].flags == {Flag.PRELIMINARY, Flag.REVISED}
    assert stine.post(f"{BASE}/entries/2/remove").status_code == 303
    assert list(fakes.figures.kept) == [1]
    assert stine.get(f"{BASE}/entries/2").status_code == 404


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"last": "2026-10-30"}, "Der letzte Tag (30.10.2026) liegt vor dem ersten (02.11.2026)"),
        ({"first": "2026-11-18"}, "18.11.2026 kommt erst noch"),
        ({"value": "viele"}, "Das ist keine Zahl"),
        ({"value": "1,5"}, "ist eine Zahl von 0 bis"),
        ({"source": ""}, "Bitte füllen Sie dieses Feld aus"),
    ],
)
def test_what_can_not_be_written_down_comes_back_with_a_reason(
    stine: Person, fakes: Fakes, changed: dict[str, str], said: str
) -> None:
    answer = stine.post(f"{BASE}/entries", {**COUNTED, **changed})
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="Empfang"' in answer.text
    assert list(fakes.figures.kept) == [1]


def test_a_table_is_tried_and_then_taken_whole(stine: Person, fakes: Fakes) -> None:
    table = f"Ort;Kennzahl;Von;Wert;Quelle;Wer\r\n{AGS};enquiries;02.11.2026;3;Telefon;Rathaus\r\n"
    wrong = f"{table}nirgends;enquiries;02.11.2026;3;Telefon;Rathaus\r\n"
    answer = stine.post(f"{BASE}/entries/import", {"table": wrong, "take": "1"})
    assert "Zeile 3: kann nicht übernommen werden" in answer.text
    assert "Diesen Ort gibt es nicht mehr" in answer.text
    assert 'name="take"' not in answer.text
    tried = stine.post(f"{BASE}/entries/import", {"table": table, "try": "1"})
    assert "Zeile 2: neu" in tried.text
    assert 'name="take"' in tried.text
    assert list(fakes.figures.kept) == [1]
    assert stine.post(f"{BASE}/entries/import", {"table": table, "take": "1"}).status_code == 303
    assert list(fakes.figures.kept) == [1, 2]
    assert (
        "Eine Spalte hat einen unbekannten Namen"
        in stine.post(f"{BASE}/entries/import", {"table": "Farbe"}).text
    )


def test_a_target_is_set_and_removed(stine: Person, fakes: Fakes) -> None:
    assert "500: Besuche, Wittenberge, 2026-01/2026-10" in stine.get(f"{BASE}/targets").text
    target = {
        "place": f"town:{AGS}", "figure": "occupancy", "first": "2026-01", "last": "2026-12", "target": "32,5",
        "baseline": "", "baseline_on": "", "source": "Ratsbeschluss",
    }  # fmt: skip
    assert stine.post(f"{BASE}/targets", target).status_code == 303
    assert fakes.figures.goals[2].target.target == Decimal("32.5")
    refused = stine.post(f"{BASE}/targets", {**target, "last": "2026-13"})
    assert "„2026-13“ ist kein Monat" in refused.text
    assert "Der Zeitraum endet" in stine.post(f"{BASE}/targets", {**target, "last": "2025-12"}).text
    assert stine.post(f"{BASE}/targets/1/remove").status_code == 303
    assert list(fakes.figures.goals) == [2]


def test_a_town_has_no_emission_factor_until_it_sets_one(stine: Person, fakes: Fakes) -> None:
    assert 'name="grams" type="number" autocomplete="off" value=""' in stine.get(f"{BASE}/settings").text
    values = {
        "report_on": "2027-02-15", "first": "2026-01", "last": "2026-12", "grams": "142",
        "source": "Umweltbundesamt", "year": "2024",
    }  # fmt: skip
    assert stine.post(f"{BASE}/settings", values).status_code == 303
    kept = fakes.figures.set[AGS]
    assert (kept.factor, kept.report_on, str(kept.report_of)) == (FACTOR, date(2027, 2, 15), "2026")
    half = stine.post(f"{BASE}/settings", {**values, "year": ""})
    assert (half.status_code, "kein Jahr" in half.text) == (422, True)
    early = stine.post(f"{BASE}/settings", {**values, "report_on": "2026-12-31"})
    assert "nach seinem Zeitraum fällig" in early.text


def test_S10_what_a_report_lacks_is_told_by_who_can_fill_it(stine: Person) -> None:  # noqa: N802
    page = stine.get(f"{BASE}/gaps").text
    assert "ist am 01.12.2026 fällig. Das ist in weniger als vier Wochen." in page
    assert page.index("Wer sich um die Geräte kümmert") < page.index("Gastgeber und wer zählt")
    assert "Gäste bei Veranstaltungen" in page


def test_to_whoever_has_not_the_role_nothing_of_it_is_there(
    signed_in: Callable[[str], Person], stine: Person
) -> None:
    assert signed_in(HOST).get(f"{BASE}/entries").status_code == 404
    assert stine.get("/statistics/towns/99999999/entries").status_code == 404
    assert stine.get("/statistics/towns/14628060/entries").status_code == 200, "a town without a space"


YES = {"would_drive": "yes", "distance": "10-20", "mode": "transit", "destination": "city"}


def test_K5_the_question_about_the_way_to_work_sets_no_cookie_and_knows_nobody(  # noqa: N802
    staffed: Flask, fakes: Fakes
) -> None:
    client = staffed.test_client()
    page = client.get("/spaces/moelln/way")
    assert "Set-Cookie" not in page.headers
    assert "csrf_token" not in re.sub(r"<header.*?</header>", "", page.text, flags=re.DOTALL)
    answer = client.post("/spaces/moelln/way", data=YES)
    assert (answer.status_code, answer.location) == (303, "/spaces/moelln/way?thanks=1")
    assert "Set-Cookie" not in answer.headers
    assert "niemand kann sagen, von wem sie ist" in client.get(answer.location).text
    assert client.post("/spaces/moelln/way", data={**YES, "would_drive": "no"}).status_code == 303
    way = Way(would_drive=True, distance=Distance.FROM_10, mode=Mode.TRANSIT, destination=Destination.CITY)
    month = date(2026, 11, 1)
    assert fakes.figures.counted == [("moelln", way, month), ("moelln", Way(would_drive=False), month)]
    assert fakes.figures.logged == []


@pytest.mark.parametrize(
    "said", [{}, {"would_drive": "yes"}, {**YES, "mode": "rakete"}, {**YES, "would_drive": "?"}]
)
def test_half_an_answer_is_asked_for_again(staffed: Flask, fakes: Fakes, said: dict[str, str]) -> None:
    answer = staffed.test_client().post("/spaces/moelln/way", data=said)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert fakes.figures.counted == []


def test_answers_are_limited_by_network_and_other_sites_send_none(staffed: Flask, fakes: Fakes) -> None:
    client = staffed.test_client()
    cross = client.post("/spaces/moelln/way", data=YES, headers={"Sec-Fetch-Site": "cross-site"})
    assert cross.status_code == 403
    codes = [client.post("/spaces/moelln/way", data=YES).status_code for _ in range(21)]
    assert codes[-1] == 429
    assert len(fakes.figures.counted) == codes.count(303) < 21
    assert client.get("/spaces/nirgends/way").status_code == 404
