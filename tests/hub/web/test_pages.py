"""Overview, live page, screen and error pages: what they say, in both languages."""

import re

import pytest
from flask.testing import FlaskClient

from hub.domain.occupancy import DeviceStatus
from tests.hub.web.fakes import TUESDAY_MORNING_US, FakeLive, SetClock

MINUTE_US = 60_000_000


def words(html: str) -> str:
    """The text of a page as one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_overview_has_all_towns_and_their_spaces(client: FlaskClient) -> None:
    page = words(client.get("/").text)
    for town in ("Wittenberge", "Oestrich-Winkel", "Mölln", "Dippoldiswalde", "Dießen am Ammersee"):
        assert town in page
    assert "Pop-up-Coworking, bis 31.01.2027" in page
    assert "Geöffnet bis 20:00 Uhr" in page
    assert "Stand 10:15" in page


def test_a_town_without_a_space_says_so_kindly_and_points_to_its_neighbours(client: FlaskClient) -> None:
    page = client.get("/").text
    assert "gehört trotzdem ganz dazu" in page
    assert 'href="/spaces/diessen">Seewerk Dießen, Dießen am Ammersee</a>' in page
    assert "a full member all the same" in client.get("/?lang=en").text


def test_before_anything_is_set_up_the_overview_names_the_first_step(
    client: FlaskClient, live: FakeLive
) -> None:
    live.remove_towns()
    page = words(client.get("/").text)
    assert "Noch ist keine Stadt eingerichtet" in page
    assert "ankerort-hub import-site site.toml" in page


def test_the_live_page_says_the_state_in_one_sentence_first(client: FlaskClient, live: FakeLive) -> None:
    for desk in ("f1", "f2"):
        live.set_desk("wittenberge", desk, "occupied")
    live.set_device("wittenberge", "pi-ruhe", DeviceStatus.LOST, TUESDAY_MORNING_US - 13 * MINUTE_US)
    html = client.get("/spaces/wittenberge").text
    page = words(html)
    assert "6 von 11 Plätzen frei 3 unbekannt" in page
    assert html.index("6 von 11") < html.index('class="floor-plan"') < html.index('class="desk-table"')
    assert page.count("Sensor meldet sich nicht seit 10:02") == 3
    assert "Stand 10:15:30" in page


def test_plan_and_table_say_the_same_of_every_desk(client: FlaskClient, live: FakeLive) -> None:
    live.set_desk("wittenberge", "f1", "occupied")
    live.set_desk("wittenberge", "f2", "unknown", "stuck")
    html = client.get("/spaces/wittenberge").text
    told = re.findall(r'<(g|tr)[^>]* data-desk="(\w+)" data-state="(\w+)"', html)
    plan = {desk: state for tag, desk, state in told if tag == "g"}
    table = {desk: state for tag, desk, state in told if tag == "tr"}
    assert plan == table
    assert len(plan) == 12
    assert (plan["f1"], plan["f2"], plan["h4"], plan["f3"]) == (
        "occupied",
        "unknown",
        "out_of_service",
        "free",
    )


def test_a_device_that_grew_silent_makes_its_desks_unknown_never_free(
    client: FlaskClient, clock: SetClock
) -> None:
    clock.us += 3 * MINUTE_US
    page = words(client.get("/spaces/wittenberge").text)
    assert "Belegung zurzeit nicht bekannt" in page
    assert "von 11 Plätzen frei" not in page


def test_desks_are_grouped_by_zone_and_those_without_come_last(client: FlaskClient, live: FakeLive) -> None:
    space = live.change_space("moelln", zones=())
    assert len(space.desks) == 8
    assert client.get("/spaces/moelln").text.count('<th scope="row">') == 8


def test_a_space_without_desks_says_what_will_be_there(client: FlaskClient, live: FakeLive) -> None:
    live.change_space("moelln", desks=(), zones=())
    page = words(client.get("/spaces/moelln").text)
    assert "Noch keine Plätze eingerichtet" in page
    assert "Hier steht bald der Raumplan" in page


def test_a_closed_space_says_when_it_opens(client: FlaskClient, clock: SetClock, live: FakeLive) -> None:
    clock.us += 12 * 60 * MINUTE_US
    live.everyone_online(clock.us)
    page = words(client.get("/spaces/wittenberge").text)
    assert "11 von 11 Plätzen frei" in page
    assert "Geschlossen, öffnet morgen um 07:00 Uhr" in page


def test_the_language_stays_once_it_is_chosen(client: FlaskClient) -> None:
    assert '<html lang="de"' in client.get("/spaces/wittenberge").text
    english = client.get("/spaces/wittenberge?lang=en").text
    assert '<html lang="en"' in english
    assert "11 of 11 desks free" in english
    assert "All spaces" in client.get("/spaces/wittenberge").text
    assert "Alle Orte" in client.get("/spaces/wittenberge?lang=de").text


@pytest.mark.parametrize("asked", ["fr", "", "de-AT", "../en"])
def test_an_unknown_language_is_german(client: FlaskClient, asked: str) -> None:
    answer = client.get("/", query_string={"lang": asked})
    assert '<html lang="de"' in answer.text
    assert "Set-Cookie" not in answer.headers


def test_a_browsers_languages_are_not_asked(client: FlaskClient) -> None:
    assert '<html lang="de"' in client.get("/", headers={"Accept-Language": "en"}).text


def test_the_stream_speaks_the_language_of_the_page(client: FlaskClient) -> None:
    client.get("/?lang=en")
    with client.get("/spaces/wittenberge/stream", buffered=False) as response:
        assert b"11 of 11 desks free" in next(iter(response.response))


def test_the_screen_has_the_sentence_the_plan_and_a_way_to_the_page(client: FlaskClient) -> None:
    html = client.get("/spaces/wittenberge?screen=1").text
    assert "11 von 11 Plätzen frei" in html
    assert "floor-plan" in html
    assert "qr-code" in html
    assert "localhost/spaces/wittenberge" in html
    assert '<meta http-equiv="refresh" content="60">' in html


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/spaces/nirgends", "Diesen Ort gibt es hier nicht"),
        ("/spaces/nirgends?screen=1", "Diesen Ort gibt es hier nicht"),
        ("/spaces/nirgends/stream", "Diesen Ort gibt es hier nicht"),
        ("/spaces/%F0%9F%9A%AA", "Diesen Ort gibt es hier nicht"),
        ("/nirgends", "Diese Seite gibt es nicht"),
        ("/spaces/", "Diese Seite gibt es nicht"),
        ("/nirgends?lang=en", "There is no such page"),
    ],
)
def test_what_is_not_there_is_said_with_a_way_on(client: FlaskClient, address: str, says: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert says in answer.text
    assert 'href="/"' in answer.text


def test_a_fault_of_ours_says_what_was_kept_and_what_to_do(
    client: FlaskClient, live: FakeLive, caplog: pytest.LogCaptureFixture
) -> None:
    live.broken = True
    answer = client.get("/spaces/wittenberge")
    assert answer.status_code == 500
    assert "Bei uns ist etwas schiefgegangen" in answer.text
    assert "bleibt erhalten" in answer.text
    assert "the database does not answer" not in answer.text
    assert "the database does not answer" in caplog.text


def test_a_database_that_is_away_is_a_fault_that_passes(client: FlaskClient, live: FakeLive) -> None:
    live.broken, live.trouble = True, ["the database does not answer"]
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "Gerade nicht erreichbar" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
