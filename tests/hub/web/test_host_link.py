"""The secret host link: opens the desks of one space, and leaks nowhere."""

import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hub.domain.space import PublicDetail
from tests.hub.web.fakes import HOST_SECRET, FakeLive

KEY = f"{HOST_SECRET}-wittenberge"


@pytest.fixture(autouse=True)
def _shows_only_its_state(live: FakeLive) -> None:
    live.set_detail("wittenberge", PublicDetail.STATE)


def test_the_right_key_goes_on_to_the_address_without_it_and_shows_the_desks(client: FlaskClient) -> None:
    answer = client.get(f"/spaces/wittenberge?key={KEY}")
    assert (answer.status_code, answer.location) == (303, "/spaces/wittenberge")
    page = client.get(answer.location).text
    assert "Fenster 1" in page
    assert "Ansicht für Gastgebende" in page


@pytest.mark.parametrize("rest", ["screen=1", "lang=en"])
def test_other_choices_in_the_address_are_kept(client: FlaskClient, rest: str) -> None:
    answer = client.get(f"/spaces/wittenberge?key={KEY}&{rest}")
    assert answer.location == f"/spaces/wittenberge?{rest}"


@pytest.mark.parametrize("address", ["/spaces/wittenberge/stream", "/spaces/wittenberge/now.json"])
def test_what_keeps_the_page_up_to_date_follows_the_link(client: FlaskClient, address: str) -> None:
    client.get(f"/spaces/wittenberge?key={KEY}")
    with client.get(address, buffered=False) as response:
        first = next(iter(response.response))
    assert b"Fenster 1" in first


def test_the_api_takes_the_key_in_the_address_but_never_the_cookie(client: FlaskClient) -> None:
    client.get(f"/spaces/wittenberge?key={KEY}")
    address = "/api/v1/spaces/wittenberge/occupancy"
    assert "desks" not in client.get(address).json  # type: ignore[operator]
    answer = client.get(f"{address}?key={KEY}")
    assert len(answer.json["desks"]) == 12  # type: ignore[index]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "key",
    [
        "geraten",
        KEY[:-1],
        KEY + "x",
        KEY.upper(),
        f"{HOST_SECRET}-moelln",
        "%00",
        "ß",
        "%F0%9F%94%91",
        "a" * 4000,
    ],
    ids=["guess", "short", "long", "case", "other space", "zero byte", "umlaut", "emoji", "huge"],
)
def test_a_wrong_key_is_the_same_as_none(app: Flask, key: str) -> None:
    without = app.test_client().get("/spaces/wittenberge")
    wrong = app.test_client().get(f"/spaces/wittenberge?key={key}")
    assert (wrong.status_code, wrong.text) == (200, without.text)
    assert "Set-Cookie" not in wrong.headers
    assert dict(wrong.headers) == dict(without.headers)


def test_a_key_opens_no_other_space(client: FlaskClient, live: FakeLive) -> None:
    live.set_detail("moelln", PublicDetail.STATE)
    client.get(f"/spaces/wittenberge?key={KEY}")
    assert "Kamin 1" not in client.get("/spaces/moelln").text


def test_the_cookie_is_kept_to_its_space_and_away_from_scripts(client: FlaskClient) -> None:
    cookie = client.get(f"/spaces/wittenberge?key={KEY}").headers["Set-Cookie"]
    for part in ("HttpOnly", "Path=/spaces/wittenberge", "SameSite=Lax"):
        assert part in cookie


def test_the_cookie_asks_for_tls_where_there_is_tls(client: FlaskClient) -> None:
    answer = client.get(f"/spaces/wittenberge?key={KEY}", base_url="https://plaetze.example")
    assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("rest", ["", "?screen=1"])
def test_the_page_of_a_host_has_the_key_nowhere_in_it(client: FlaskClient, rest: str) -> None:
    client.get(f"/spaces/wittenberge?key={KEY}")
    assert HOST_SECRET not in client.get(f"/spaces/wittenberge{rest}").text


@pytest.mark.parametrize("query", [f"?key={KEY}", ""])
def test_what_a_host_sees_is_not_kept_not_found_and_not_told_on(client: FlaskClient, query: str) -> None:
    client.get(f"/spaces/wittenberge?key={KEY}")
    headers = client.get(f"/spaces/wittenberge{query}").headers
    assert headers["Cache-Control"] == "no-store"
    assert "noindex" in headers["X-Robots-Tag"]
    assert headers["Referrer-Policy"] == "no-referrer"


def test_an_empty_key_ends_the_host_view_on_this_device(client: FlaskClient) -> None:
    client.get(f"/spaces/wittenberge?key={KEY}")
    client.get("/spaces/wittenberge?key=")
    assert "Fenster 1" not in client.get("/spaces/wittenberge").text


def test_a_failing_page_does_not_write_the_key_into_the_log(
    client: FlaskClient, live: FakeLive, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    live.broken = True
    assert client.get(f"/spaces/wittenberge?key={KEY}").status_code == 500
    assert caplog.records
    assert HOST_SECRET not in caplog.text


def test_a_key_for_a_space_that_is_not_there_is_a_missing_page(client: FlaskClient) -> None:
    assert client.get(f"/spaces/nirgends?key={KEY}").status_code == 404
    assert client.get(f"/spaces/nirgends/stream?key={KEY}").status_code == 404
