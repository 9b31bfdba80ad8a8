"""The badge for other pages: as everyone may see the space, readable by all, and without a trace of its readers."""

import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from html import unescape
from typing import Final
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient

from hub.domain.occupancy import Counts, DeviceStatus
from hub.domain.space import PublicDetail
from tests.hub.web.access_fakes import ELSEWHERE, HOST
from tests.hub.web.conftest import Person
from tests.hub.web.fakes import TUESDAY_MORNING_US, FakeLive, SetClock

SPACE: Final = "wittenberge"
ADDRESS: Final = f"/spaces/{SPACE}/badge.svg"
BOUNDARY_US: Final = TUESDAY_MORNING_US - TUESDAY_MORNING_US % 300_000_000
SVG: Final = "{http://www.w3.org/2000/svg}"


def read(client: FlaskClient, address: str = ADDRESS) -> ET.Element:
    return ET.fromstring(client.get(address).data)


def words(client: FlaskClient, address: str = ADDRESS) -> str:
    return str(read(client, address).findtext(f"{SVG}text"))


def mark(drawn: ET.Element) -> list[str]:
    group = drawn.find(f"{SVG}g")
    assert group is not None
    return [ET.tostring(part, "unicode") for part in group]


def all_full(live: FakeLive) -> None:
    live.published[SPACE] = Counts(0, 9, 2, 1), BOUNDARY_US


def all_unknown(live: FakeLive) -> None:
    live.published[SPACE] = Counts(0, 0, 11, 1), BOUNDARY_US


def no_hours(live: FakeLive) -> None:
    live.change_space(SPACE, opening=())


def shows_state(live: FakeLive) -> None:
    live.set_detail(SPACE, PublicDetail.STATE)


def shows_state_without_hours(live: FakeLive) -> None:
    live.change_space(SPACE, opening=(), public_detail=PublicDetail.STATE)


def nothing_published(live: FakeLive) -> None:
    live.published.clear()


@pytest.mark.parametrize(
    ("given", "german", "english"),
    [
        (lambda _: None, "5 von 11 frei", "5 of 11 free"),
        (all_full, "0 von 11 frei", "0 of 11 free"),
        (all_unknown, "Belegung nicht bekannt", "occupancy not known"),
        (nothing_published, "Belegung nicht bekannt", "occupancy not known"),
        (no_hours, "5 von 11 frei", "5 of 11 free"),
        (shows_state, "jetzt geöffnet", "open now"),
        (shows_state_without_hours, "keine Öffnungszeiten", "no opening hours"),
    ],
)
def test_it_says_what_the_space_shows(
    client: FlaskClient, live: FakeLive, given: Callable[[FakeLive], None], german: str, english: str
) -> None:
    live.set_detail(SPACE, PublicDetail.COUNT)
    live.published[SPACE] = Counts(5, 4, 2, 1), BOUNDARY_US
    given(live)
    assert words(client) == german
    assert words(client, f"{ADDRESS}?lang=en") == english


@pytest.mark.parametrize("detail", PublicDetail)
def test_a_closed_space_tells_nothing_of_its_desks(
    client: FlaskClient, live: FakeLive, clock: SetClock, detail: PublicDetail
) -> None:
    live.set_detail(SPACE, detail)
    clock.us += 12 * 3_600_000_000
    live.published[SPACE] = Counts(5, 4, 2, 1), clock.us - clock.us % 300_000_000
    assert words(client) == "geschlossen"


def test_desks_are_told_as_they_are_now(client: FlaskClient, live: FakeLive) -> None:
    assert words(client) == "11 von 11 frei"
    live.set_desk(SPACE, "f1", "occupied")
    assert words(client) == "10 von 11 frei"
    for device in ("pi-halle", "pi-ruhe"):
        live.set_device(SPACE, device, DeviceStatus.LOST)
    assert words(client) == "Belegung nicht bekannt"


def test_it_has_a_name_for_those_who_hear_it_and_a_mark_beside_the_colour(
    client: FlaskClient, live: FakeLive
) -> None:
    live.change_space(SPACE, name="Turm & Uhr <Ost>")
    drawn = read(client)
    title = drawn.find(f"{SVG}title")
    assert title is not None
    assert (drawn.get("role"), drawn.get("aria-labelledby"), drawn.get("lang")) == (
        "img",
        title.get("id"),
        "de",
    )
    assert title.text == "Turm & Uhr <Ost>: 11 von 11 frei"
    free = mark(drawn)
    live.set_detail(SPACE, PublicDetail.COUNT)
    all_full(live)
    assert mark(read(client)) != free


def test_words_stay_within_the_picture(client: FlaskClient) -> None:
    drawn = read(client)
    text = drawn.find(f"{SVG}text")
    assert text is not None
    assert float(text.get("x", 0)) + float(text.get("textLength", 0)) < float(drawn.get("width", 0))


@pytest.mark.parametrize(
    ("theme", "light", "dark"),
    [("", True, True), ("light", True, False), ("dark", False, True), ("x", True, True)],
)
def test_it_is_light_or_dark_as_the_reader_s_system_or_the_address_says(
    client: FlaskClient, theme: str, light: bool, dark: bool
) -> None:
    answer = client.get(f"{ADDRESS}?theme={theme}")
    style = str(ET.fromstring(answer.data).findtext(f"{SVG}style"))
    assert ("fill:#fff;" in style, "fill:#f4f6f8" in style) == (light, dark)
    assert ("prefers-color-scheme" in style) == (light and dark)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert answer.headers["Content-Security-Policy"] == f"default-src 'none'; style-src 'sha256-{digest}'"


def test_nobody_who_reads_it_is_followed(client: FlaskClient, live: FakeLive) -> None:
    answer = client.get(ADDRESS)
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("image/svg+xml", "public, max-age=60")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert not {"Set-Cookie", "Vary"} & set(answer.headers.keys()), "one for all, whoever asks"
    assert not re.search(rb"<script|href|url\(|@import", answer.data)
    tag = {"If-None-Match": answer.headers["ETag"]}
    again = client.get(ADDRESS, headers=tag)
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Content-Security-Policy"] == answer.headers["Content-Security-Policy"]
    live.set_desk(SPACE, "f1", "occupied")
    assert client.get(ADDRESS, headers=tag).status_code == 200


def test_a_cookie_of_ours_changes_nothing_in_it(client: FlaskClient) -> None:
    plain = client.get(ADDRESS).data
    client.set_cookie("lang", "en")
    assert client.get(ADDRESS).data == plain


def test_hosts_see_what_everyone_sees(signed_in: Callable[[str], Person], live: FakeLive) -> None:
    live.set_detail("moelln", PublicDetail.STATE)
    answer = signed_in(HOST).get("/spaces/moelln/badge.svg")
    assert (answer.headers["Cache-Control"], "Vary" in answer.headers) == ("public, max-age=60", False)
    assert "frei" not in answer.text.partition("<text")[2]


def test_hosts_find_the_line_for_other_pages(signed_in: Callable[[str], Person]) -> None:
    page = signed_in(HOST).get("/spaces/moelln").text
    found = re.search(r'id="badge-line" readonly value="([^"]+)"', page)
    assert found is not None
    line = unescape(found[1])
    link = ET.fromstring(line.replace("></a>", "/></a>"))
    picture = link[0]
    assert (link.tag, link.get("href")) == ("a", "http://localhost/spaces/moelln")
    assert (picture.tag, picture.get("src")) == ("img", "http://localhost/spaces/moelln/badge.svg")
    assert str(picture.get("alt")).startswith("Freie Plätze: ")
    assert picture.get("referrerpolicy") == "no-referrer"
    assert "\n" not in line


def test_others_are_not_shown_the_line(signed_in: Callable[[str], Person], client: FlaskClient) -> None:
    assert "badge-line" not in signed_in(ELSEWHERE).get("/spaces/moelln").text
    assert "badge-line" not in client.get("/spaces/moelln").text


def test_a_space_that_is_not_there_has_none(client: FlaskClient) -> None:
    assert client.get("/spaces/nirgends/badge.svg").status_code == 404
