"""Health, readiness and metrics: who gets which answer."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from hub.web.parts import WebConfig
from tests.hub.web.fakes import FakeLive

TOKEN = "ein-langes-token"


def test_the_process_is_healthy_even_when_the_database_is_away(client: FlaskClient, live: FakeLive) -> None:
    live.broken, live.trouble = True, ["the database does not answer"]
    assert client.get("/healthz").status_code == 200


def test_readiness_tells_what_is_wrong(client: FlaskClient, live: FakeLive) -> None:
    assert client.get("/readyz").json == {"ready": True, "reasons": []}
    live.trouble = ["trigger x is missing: run ankerort-hub migrate"]
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"ready": False, "reasons": live.trouble}


METRICS_CALLERS = [
    ("this machine", {}, {"REMOTE_ADDR": "127.0.0.1"}, "", 200),
    ("this machine, IPv6", {}, {"REMOTE_ADDR": "::1"}, "", 200),
    ("another machine", {}, {"REMOTE_ADDR": "192.0.2.7"}, "", 401),
    ("through a proxy here", {"X-Forwarded-For": "192.0.2.7"}, {"REMOTE_ADDR": "127.0.0.1"}, "", 401),
    ("through a proxy that says who", {"Forwarded": "for=192.0.2.7"}, {"REMOTE_ADDR": "127.0.0.1"}, "", 401),
    ("a forged address", {"X-Forwarded-For": "127.0.0.1"}, {"REMOTE_ADDR": "192.0.2.7"}, "", 401),
    ("with the token", {"Authorization": f"Bearer {TOKEN}"}, {"REMOTE_ADDR": "192.0.2.7"}, TOKEN, 200),
    ("with a wrong token", {"Authorization": "Bearer x"}, {"REMOTE_ADDR": "192.0.2.7"}, TOKEN, 401),
    ("with an empty token", {"Authorization": "Bearer "}, {"REMOTE_ADDR": "192.0.2.7"}, "", 401),
    ("with a password", {"Authorization": "Basic YTpi"}, {"REMOTE_ADDR": "192.0.2.7"}, TOKEN, 401),
    ("from a socket without address", {}, {"REMOTE_ADDR": ""}, "", 401),
]


@pytest.mark.parametrize(
    ("headers", "environ", "token", "status"),
    [row[1:] for row in METRICS_CALLERS],
    ids=[row[0] for row in METRICS_CALLERS],
)
def test_metrics_are_for_this_machine_or_the_token(
    make_app: Callable[..., Flask],
    headers: dict[str, str],
    environ: dict[str, str],
    token: str,
    status: int,
) -> None:
    client = make_app(WebConfig(metrics_token=token)).test_client()
    assert client.get("/metrics", headers=headers, environ_overrides=environ).status_code == status


def test_metrics_behind_a_trusted_proxy_are_not_for_its_visitors(make_app: Callable[..., Flask]) -> None:
    client = make_app(WebConfig(trusted_proxies=1)).test_client()
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 401


def test_metrics_count_requests_and_viewers(client: FlaskClient) -> None:
    client.get("/")
    client.get("/spaces/nirgends")
    with client.get("/spaces/wittenberge/stream", buffered=False) as stream:
        next(iter(stream.response))
        families = {
            family.name: family for family in text_string_to_metric_families(client.get("/metrics").text)
        }
    counted = {
        (sample.labels["endpoint"], sample.labels["status"]): sample.value
        for sample in families["ankerort_web_requests"].samples
        if sample.name.endswith("_total")
    }
    assert counted["overview.overview", "200"] == 1
    assert counted["space.live_page", "404"] == 1
    assert families["ankerort_web_viewers"].samples[0].value == 1


def test_a_trusted_proxy_decides_scheme_and_host_and_an_untrusted_one_does_not(
    make_app: Callable[..., Flask],
) -> None:
    headers = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "plaetze.example",
        "X-Forwarded-For": "192.0.2.7",
    }
    told = []
    for proxies in (0, 1):
        client = make_app(WebConfig(trusted_proxies=proxies)).test_client()
        spaces = client.get("/api/v1/spaces", headers=headers).json["spaces"]  # type: ignore[index]
        told.append(spaces[0]["page"].split("/spaces/")[0])
    assert told == ["http://localhost", "https://plaetze.example"]


def test_a_public_address_wins_over_that_of_the_request(make_app: Callable[..., Flask]) -> None:
    client = make_app(WebConfig(public_url="https://plaetze.example/")).test_client()
    assert "plaetze.example/spaces/moelln" in client.get("/spaces/moelln?screen=1").text
    page = client.get("/api/v1/spaces").json["spaces"][0]["page"]  # type: ignore[index]
    assert page.startswith("https://plaetze.example/spaces/")


def test_search_engines_are_kept_from_keys_and_streams(client: FlaskClient) -> None:
    assert "key=" in client.get("/robots.txt").text


def test_old_browsers_find_the_icon(client: FlaskClient) -> None:
    assert client.get("/favicon.ico", follow_redirects=True, buffered=True).mimetype == "image/svg+xml"
