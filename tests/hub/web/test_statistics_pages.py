"""Pages of releases: what everyone sees is frozen, and what is not for publication is marked."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import date
from io import BytesIO
from zipfile import ZipFile

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hub.domain.disclosure.research import Study
from hub.domain.errors import RuleRefused, StoreUnavailable
from hub.domain.people import Role
from hub.domain.statistics.findings import NETWORK
from hub.domain.statistics.frozen import rows_digest
from hub.domain.statistics.periods import Span
from hub.web import long_looks, statistics
from hub.web.figure_words import read_period, written
from hub.web.long_looks import LongLooks
from tests.hub.statistics.reports import WITTENBERGE
from tests.hub.web.access_fakes import HOST, RESEARCH, STATISTICS, Fakes
from tests.hub.web.conftest import Person
from tests.hub.web.statistics_fakes import CHECKSUM, YEAR_BEFORE

REVIEW = "/statistics/town/12070424/2025"
TOWN = "/towns/12070424/statistics"


@pytest.fixture
def stine(signed_in: Callable[[str], Person]) -> Person:
    """Somebody with the role Statistik."""
    return signed_in(STATISTICS)


@pytest.fixture
def anyone(staffed: Flask) -> FlaskClient:
    """Somebody without an account."""
    return staffed.test_client()


def words(page: str) -> str:
    """Return a page as it is read: one space between words."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).replace("\u00a0", " ").split())


def test_a_town_s_page_says_in_sentences_what_was_counted(anyone: FlaskClient) -> None:
    page = words(anyone.get(TOWN).text)
    assert "Wittenberge Wie die Coworking-Orte genutzt werden, 2025" in page
    assert "Im Jahr 2025 zählte Wittenberge 950 Besuche. Ein Jahr zuvor waren es 620." in page
    assert "34 Veranstaltungen fanden statt." in page
    assert "Nutzende: 20 und mehr. Davon neu: 5 bis 9." in page
    assert "Die Plätze waren in den Öffnungszeiten zu 18,5 % belegt. Gebucht: 24,5 %." in page
    assert "wurden 94 % gemessen" in page
    assert "Verborgen, damit niemand erkennbar wird: zu wenige Personen stehen dahinter" in page
    assert "Fassung 2, 18.01.2027" in page


def test_a_town_s_page_speaks_english(anyone: FlaskClient) -> None:
    page = words(anyone.get(f"{TOWN}?lang=en").text)
    assert "In 2025, Wittenberge had 950 visits." in page
    assert "Desks were in use for 18.5% of the opening hours. Booked: 24.5%." in page


def test_A4_each_chart_has_words_for_who_does_not_see_it_and_its_numbers_below(anyone: FlaskClient) -> None:  # noqa: N802
    page = anyone.get(TOWN).text
    charts = re.findall(r'<img class="chart" src="([^"]+)" alt="([^"]+)"', page)
    assert [address.rsplit("/", 1)[1] for address, _ in charts] == [
        f"{kind}-wide-de.svg" for kind in ("visits", "shares", "no-shows", "quality")
    ]
    assert all(len(alt) > 30 for _, alt in charts)
    assert page.count("Dieselben Zahlen als Tabelle") == len(charts)
    drawn = anyone.get(charts[0][0])
    assert drawn.content_type == "image/svg+xml; charset=utf-8"
    assert "immutable" in drawn.headers["Cache-Control"]
    assert "default-src 'none'" in drawn.headers["Content-Security-Policy"]
    assert anyone.get(charts[0][0].replace("visits", "nothing")).status_code == 404


def test_without_charts_the_tables_stand_open(anyone: FlaskClient, fakes: Fakes) -> None:
    fakes.statistics.pictures.clear()
    page = anyone.get(TOWN).text
    assert "<img" not in page
    assert "Dieselben Zahlen" not in page
    assert "November 2025" in page


def test_K8_a_town_without_a_space_is_an_x_and_never_a_zero(anyone: FlaskClient) -> None:  # noqa: N802
    page = anyone.get("/statistics/network").text
    (line,) = re.findall(r'<tr><th scope="row">Dippoldiswalde</th>(.*?)</tr>', page)
    cells = re.findall(r"<td>(.*?)</td>", line)
    assert cells == ["kein Ort", "x", "x", "x"]
    assert "Ohne Ort und deshalb „x“: Dippoldiswalde." in words(page)
    assert "keine Rangliste" in words(page)


def test_what_nobody_published_is_said_kindly_and_what_is_not_there_is_not_there(
    anyone: FlaskClient, fakes: Fakes
) -> None:
    assert "Noch nichts veröffentlicht" in anyone.get("/towns/01053090/statistics").text
    assert "„x“" in anyone.get("/towns/14628060/statistics").text
    assert anyone.get("/towns/99999999/statistics").status_code == 404
    for period in ("2019", "bald", "2025-13", "2025_2024"):
        assert anyone.get(f"{TOWN}?period={period}").status_code == 404
    fakes.statistics.kept.clear()
    assert "Noch nichts veröffentlicht" in anyone.get("/statistics/network").text


def test_the_public_sees_the_newest_version_and_never_a_draft(anyone: FlaskClient, fakes: Fakes) -> None:
    assert CHECKSUM in anyone.get(TOWN).text
    assert anyone.get(REVIEW).status_code == 303
    assert anyone.get(f"{TOWN}?period=2026").status_code == 404


def test_the_list_shows_what_is_due_and_every_version(stine: Person) -> None:
    page = words(stine.get("/statistics/").text)
    assert "Mölln, 2025 War am 31.03.2026 fällig" in page
    assert "Alle Städte zusammen, 2025 Fällig bis 31.03.2027" in page
    assert page.count("Wittenberge, 2025") == 4  # two versions, each with its link
    assert 'href="/statistics/towns/14628060/gaps"' in stine.get("/statistics/").text


def test_a_period_that_is_none_is_explained_at_the_form(stine: Person) -> None:
    for first, last, said in (
        ("2025-06", "2025-01", "Tauschen Sie die Monate"),
        ("Juni", "2025-01", "„Juni“ ist kein Monat"),
        ("1025-06", "2025-01", "Schreiben Sie ein Jahr von"),
    ):
        page = stine.get(f"/statistics/?subject=town/12070424&first={first}&last={last}")
        assert said in words(page.text)
        assert f'value="{first}"' in page.text


def test_any_period_is_reached_by_the_form(stine: Person) -> None:
    chosen = stine.get("/statistics/?subject=network/network&first=2025-01&last=2025-12")
    assert chosen.headers["Location"] == "/statistics/network/network/2025"
    chosen = stine.get("/statistics/?subject=space/wittenberge&first=2025-10&last=2026-01")
    assert chosen.headers["Location"] == "/statistics/space/wittenberge/2025-10_2026-01"


def test_what_can_not_be_reported_is_said(stine: Person) -> None:
    for what, status, said in (
        ("town/99999999/2025", 404, ""),
        ("planet/erde/2025", 404, ""),
        ("town/12070424/2030", 409, "liegt in der Zukunft"),
        ("town/12070424/2018", 409, "Der erste Platz stand dort am 01.07.2019"),
        ("town/12070424/2025-12_2025-01", 409, "Tauschen Sie die Monate"),
        ("town/12070424/bald", 409, "ist kein Monat"),
        (f"versions/{'0' * 64}", 404, ""),
    ):
        page = stine.get(f"/statistics/{what}")
        assert (what, page.status_code) == (what, status)
        assert said in words(page.text)


def test_the_review_says_what_is_hidden_why_and_what_changed(stine: Person) -> None:
    page = words(stine.get(REVIEW).text)
    assert "Fassung 2 ist veröffentlicht. Eine Korrektur wäre Fassung 3." in page
    assert "Was sich seit Fassung 2 geändert hat" in page
    assert "nur als Spanne, weil eine einzelne Person einen großen Teil davon ausmachen könnte" in page
    assert "Verborgen, damit niemand erkennbar wird: zu wenige Personen stehen dahinter" in page
    assert "vorläufig" in page


def test_what_was_looked_at_is_published_once_the_box_is_ticked(stine: Person, fakes: Fakes) -> None:
    digest = re.findall(r'name="digest" value="([0-9a-f]{64})"', stine.get(REVIEW).text)[0]
    draft = fakes.statistics.draft(WITTENBERGE, YEAR_BEFORE, fakes.statistics.kept[0].made_on)
    assert digest == rows_digest(draft.rows)
    refused = stine.post(f"{REVIEW}/publish", {"digest": digest})
    assert refused.status_code == 422
    assert "lässt sich nicht zurücknehmen" in words(refused.text)
    changed = stine.post(f"{REVIEW}/publish", {"digest": "0" * 64, "looked": "y"})
    assert (changed.status_code, "Sehen Sie sie noch einmal an" in words(changed.text)) == (422, True)
    assert fakes.statistics.calls == []
    done = stine.post(f"{REVIEW}/publish", {"digest": digest, "looked": "y"})
    assert (done.status_code, done.headers["Location"]) == (303, REVIEW)
    assert fakes.statistics.calls == [("publish", WITTENBERGE, YEAR_BEFORE, 6)]
    assert "Fassung 3 ist veröffentlicht" in words(stine.get(REVIEW).text)


def test_nothing_is_published_while_days_are_open_or_the_period_lasts(stine: Person, fakes: Fakes) -> None:
    fakes.statistics.unsealed = 8
    page = words(stine.get(REVIEW).text)
    assert "Tage, die noch nicht feststehen: 8, der erste davon ist der 24.12.2025." in page
    assert 'value="Veröffentlichen"' not in page
    assert "Fassung 3 veröffentlichen" not in page
    assert "vorläufig" in words(stine.get("/statistics/town/12070424/2026").text)


def test_a_refusal_to_publish_is_shown_where_it_was_asked(stine: Person, fakes: Fakes) -> None:
    digest = re.findall(r'name="digest" value="([0-9a-f]{64})"', stine.get(REVIEW).text)[0]
    fakes.statistics.refuses = RuleRefused("printed", code="printed_meanwhile")
    page = stine.post(f"{REVIEW}/publish", {"digest": digest, "looked": "y"})
    assert page.status_code == 422
    assert "Inzwischen wurde ein anderer Bericht veröffentlicht" in words(page.text)


def test_S6_internal_figures_ask_a_purpose_and_are_marked(stine: Person, fakes: Fakes) -> None:  # noqa: N802
    asked = stine.get(f"{REVIEW}/internal")
    assert "947" not in asked.text
    assert stine.post(f"{REVIEW}/internal", {"purpose": "ja"}).status_code == 422
    assert fakes.statistics.calls == []
    page = stine.post(f"{REVIEW}/internal", {"purpose": "Planung der Öffnungszeiten"})
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert fakes.statistics.calls == [("internal", WITTENBERGE, YEAR_BEFORE, "Planung der Öffnungszeiten")]
    said = words(page.text)
    assert said.count("Nicht zur Veröffentlichung") >= 4
    assert "947" in said
    assert "Sonntag – –" in said
    assert re.search(r"Dienstag \d+ % \d+ %", said)


def test_another_controller_s_internal_figures_stay_hidden(stine: Person, fakes: Fakes) -> None:
    fakes.statistics.refuses = RuleRefused("no", code="other_controller", spaces="Clubheim")
    page = stine.post(f"{REVIEW}/internal", {"purpose": "Planung"})
    assert page.status_code == 422
    assert "Clubheim. Sehen Sie einzelne eigene Orte an" in words(page.text)


def test_P8_an_extract_for_a_study_takes_a_role_of_its_own_asks_terms_and_is_marked(  # noqa: N802
    stine: Person, signed_in: Callable[[str], Person], fakes: Fakes
) -> None:
    address = f"{REVIEW}/research"
    assert address not in stine.get(REVIEW).text
    assert stine.get(address).status_code == 404
    fria = signed_in(RESEARCH)
    assert f'href="{address}"' in fria.get(REVIEW).text
    terms = {
        "study": "Kleinstadt 2025", "recipient": "Dr. Vogt, Hochschule Harz", "contract": "Az. 41/2027",
        "purpose": "Nutzung im Vergleich", "delete_by": "2027-06-30",
    }  # fmt: skip
    for name in terms:
        assert fria.post(address, {**terms, name: ""}).status_code == 422
    late = fria.post(address, {**terms, "delete_by": "2032-01-01"})
    assert (late.status_code, "Wählen Sie für das Löschen einen Tag" in words(late.text)) == (422, True)
    assert fakes.statistics.calls == []
    given = fria.post(address, terms)
    assert (given.status_code, given.content_type) == (200, "application/zip")
    assert given.headers["Cache-Control"] == "no-store"
    study = Study("Kleinstadt 2025", "Dr. Vogt, Hochschule Harz", "Az. 41/2027", date(2027, 6, 30))
    assert fakes.statistics.calls == [("research", WITTENBERGE, YEAR_BEFORE, "Nutzung im Vergleich", study)]
    with ZipFile(BytesIO(given.data)) as archive:
        files = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    assert sorted(files) == [
        f"coworking-12070424-2025-forschung{end}"
        for end in ("-excel-de.csv", "-hinweis.txt", ".csv", ".json")
    ]
    for body in files.values():
        assert all(mark in body for mark in ("Kleinstadt 2025", "Dr. Vogt, Hochschule Harz", "Az. 41/2027"))
    assert fria.get(REVIEW.replace("2025", "2025-01_2025-06") + "/research").status_code == 200


def test_a_role_for_one_town_reaches_that_town_alone(
    signed_in: Callable[[str], Person], fakes: Fakes
) -> None:
    reach = {(Role.STATISTICS, "town:wittenberge"), (Role.STATISTICS, "wittenberge")}
    fakes.accounts.change(STATISTICS, roles=frozenset(reach))
    person = signed_in(STATISTICS)
    page = person.get("/statistics/").text
    assert "Wittenberge, 2025" in words(page)
    assert "Mölln" not in page
    assert "Alle Städte zusammen" not in page
    assert person.get(REVIEW).status_code == 200
    assert person.get("/statistics/space/wittenberge/2025").status_code == 200
    for closed in ("network/network", "town/01053090", "space/moelln"):
        assert person.get(f"/statistics/{closed}/2025").status_code == 404
    network = fakes.statistics.versions(NETWORK)[0].checksum
    assert person.get(f"/statistics/versions/{network}").status_code == 404
    assert person.get(f"/statistics/versions/{CHECKSUM}").status_code == 200


@pytest.mark.parametrize("text", ["2026", "2026-03", "2026-10_2027-01"])
def test_periods_of_addresses_come_back(text: str) -> None:
    assert written(read_period(text)) == text
    assert read_period("2026-01_2026-12") == Span.of_year(2026)


@pytest.fixture
def held(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fakes]:
    """Statistics whose reviews take as long as a test wants."""
    monkeypatch.setattr(statistics, "WAIT_S", 0.05)
    fakes.statistics.may_go_on.clear()
    yield fakes
    fakes.statistics.may_go_on.set()


def test_a_review_that_takes_long_tells_how_far_it_is_and_comes_by_itself(stine: Person, held: Fakes) -> None:
    address = "/statistics/network/network/2025"
    for _ in range(2):
        answer = stine.get(address)
        assert answer.status_code == 202
        assert answer.headers["Refresh"] == f"2; url={address}"
    assert 'max="7" value="3"' in answer.text
    assert "Der Bericht wird berechnet" in words(answer.text)
    assert "3 von 7 Schritten" in words(answer.text)
    assert "being worked out" in stine.get(f"{address}?lang=en").text
    stine.get(f"{address}?lang=de")
    assert held.statistics.looks == [(NETWORK, YEAR_BEFORE)], "worked out once"
    held.statistics.may_go_on.set()
    for times in (1, 2):
        until = time.monotonic() + 20
        while (answer := stine.get(address)).status_code == 202:
            assert time.monotonic() < until
        assert "Was gedruckt würde" in words(answer.text)
        assert len(held.statistics.looks) == times, "what was given out is worked out anew"


def test_what_goes_wrong_beside_the_request_is_said_as_ever(stine: Person, fakes: Fakes) -> None:
    fakes.statistics.breaks = RuleRefused("the audit can't tell", code="audit_failed")
    answer = stine.get("/statistics/network/network/2025")
    assert answer.status_code == 409
    assert "ob diese Zahlen jemanden verraten" in words(answer.text)
    fakes.statistics.breaks = StoreUnavailable("away")
    assert stine.get("/statistics/network/network/2025").status_code == 503


def test_of_many_that_take_long_the_last_is_asked_to_come_back(stine: Person, held: Fakes) -> None:
    for year in range(2021, 2025):
        assert stine.get(f"/statistics/town/12070424/{year}").status_code == 202
    answer = stine.get("/statistics/town/12070424/2025")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")


def test_whoever_has_not_the_role_starts_nothing(signed_in: Callable[[str], Person], held: Fakes) -> None:
    assert signed_in(HOST).get("/statistics/network/network/2025").status_code in (403, 404)
    assert held.statistics.looks == []


def test_a_look_that_nobody_came_back_for_is_worked_out_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = LongLooks()
    first = looks.look("key", lambda _: 1, 0)
    assert first.is_over.wait(20)
    monkeypatch.setattr(long_looks, "KEPT_S", -1.0)
    assert looks.look("key", lambda _: 2, 20).found == 2
