"""Signing in and out: who gets in, for how long, and what strangers, copies and other sites can't do."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from hub.web.parts import WebConfig
from hub.web.session_life import MEMBER_S, STAFF_S
from tests.hub.web.access_fakes import ELSEWHERE, HOST, MEMBER, PASSWORD, TECHNICIAN, Fakes
from tests.hub.web.conftest import Person
from tests.hub.web.fakes import FakeLive, SetClock

SignedIn = Callable[[str], Person]
TODAY = "/spaces/moelln/host/"


def cookie_of(answer: TestResponse) -> str:
    return next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith("session="))


def test_without_accounts_there_is_no_way_to_sign_in(app: Flask) -> None:
    client = app.test_client()
    for address in ("/sign-in", "/sign-out", "/me/", TODAY, "/session"):
        assert client.get(address).status_code == 404
    assert "Anmelden" not in client.get("/").text


def test_the_right_password_leads_to_where_one_wanted_to_go(person: Person) -> None:
    asked = person.get(f"{TODAY}?x=1")
    assert (asked.status_code, asked.location) == (303, "/sign-in?next=/spaces/moelln/host/?x%3D1")
    page = person.get(asked.location).text
    assert f'name="next" value="{TODAY}?x=1"' in page
    answer = person.sign_in(HOST, next=f"{TODAY}?x=1")
    assert (answer.status_code, answer.location) == (303, f"{TODAY}?x=1")
    assert "Heute" in person.get(answer.location).text


def test_capital_letters_in_the_address_do_no_harm(person: Person) -> None:
    assert person.sign_in(f" {HOST.upper()} ").status_code == 303


def test_whoever_is_signed_in_is_not_asked_again(signed_in: SignedIn) -> None:
    assert signed_in(HOST).get("/sign-in").location == "/me/"


@pytest.mark.parametrize(
    ("mail", "password"),
    [
        pytest.param(HOST, "nicht das richtige", id="wrong password"),
        pytest.param("niemand@moelln.example", PASSWORD, id="unknown address"),
        pytest.param(HOST, PASSWORD.upper(), id="other letters"),
        pytest.param(HOST, "x" * 10_000, id="a huge password"),
        pytest.param("x" * 190 + "@a.de", PASSWORD, id="a long address"),
        pytest.param("' OR 1=1 --", PASSWORD, id="no address at all"),
    ],
)
def test_a_wrong_answer_never_says_what_was_wrong(person: Person, mail: str, password: str) -> None:
    answer = person.sign_in(mail, password)
    assert answer.status_code == 422
    assert "gehören nicht zusammen" in answer.text
    assert password not in answer.text
    assert person.get(TODAY).status_code == 303


@pytest.mark.parametrize(
    "change", [{"is_active": False}, {"password_hash": None}], ids=["off", "no password"]
)
def test_an_account_that_is_off_or_has_no_password_gets_the_same_answer(
    person: Person, fakes: Fakes, change: dict[str, object]
) -> None:
    fakes.accounts.change(HOST, **change)
    answer = person.sign_in(HOST)
    assert (answer.status_code, "gehören nicht zusammen" in answer.text) == (422, True)


def test_empty_fields_are_named(person: Person) -> None:
    page = person.sign_in("", "").text
    assert page.count("Bitte füllen Sie dieses Feld aus.") == 2
    assert page.count('aria-invalid="true"') == 2


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "\\\\evil.example",
        "/%0d\n/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/\t/evil.example",
        "",
    ],
)
def test_no_address_leads_to_another_site(person: Person, wanted: str) -> None:
    assert person.sign_in(HOST, next=wanted).location == "/me/"


def test_signing_in_begins_a_session_of_its_own(person: Person) -> None:
    before = person.token()
    planted = person.client.get_cookie("session")
    assert planted is not None
    person.sign_in(HOST)
    after = person.client.get_cookie("session")
    assert after is not None
    assert planted.value != after.value
    # The old cookie, which somebody may have planted, is a stranger's; the old token does not fit the new session.
    thief = Person(person.client.application)
    thief.client.set_cookie("session", planted.value)
    assert thief.get(TODAY).status_code == 303
    assert person.client.post("/sign-out", data={"csrf_token": before}).status_code == 400


def test_the_cookie_is_kept_from_scripts_and_other_sites(person: Person) -> None:
    cookie = cookie_of(person.sign_in(HOST))
    for part in ("HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert "Secure" not in cookie


@pytest.mark.parametrize("how", ["the request", "a proxy", "the public address"])
def test_the_cookie_asks_for_tls_where_there_is_tls(
    make_app: Callable[..., Flask], fakes: Fakes, how: str
) -> None:
    config = WebConfig(
        trusted_proxies=1 if how == "a proxy" else 0,
        public_url="https://plaetze.example" if how == "the public address" else "",
    )
    client = make_app(config, access=fakes.access).test_client()
    headers = {"X-Forwarded-Proto": "https"} if how == "a proxy" else {}
    base = "https://plaetze.example" if how == "the request" else "http://plaetze.example"
    assert "Secure" in cookie_of(client.get("/sign-in", headers=headers, base_url=base))


def test_signing_out_ends_the_session_and_copies_of_it(signed_in: SignedIn) -> None:
    person = signed_in(HOST)
    copied = person.client.get_cookie("session")
    assert copied is not None
    assert person.get("/sign-out").status_code == 200
    assert person.get(TODAY).status_code == 200
    answer = person.post("/sign-out", follow_redirects=True)
    assert "Sie sind abgemeldet." in answer.text
    assert person.get(TODAY).status_code == 303
    thief = Person(person.client.application)
    thief.client.set_cookie("session", copied.value)
    assert thief.get(TODAY).status_code == 303


def test_signing_out_everywhere_ends_the_sessions_on_other_devices(signed_in: SignedIn) -> None:
    here, there = signed_in(HOST), signed_in(HOST)
    assert there.get(TODAY).status_code == 200
    here.post("/me/sign-out-everywhere")
    assert [one.get(TODAY).status_code for one in (here, there)] == [303, 303]


def test_an_account_that_is_switched_off_is_out_at_once(signed_in: SignedIn, fakes: Fakes) -> None:
    person = signed_in(HOST)
    fakes.accounts.change(HOST, is_active=False)
    assert person.get(TODAY).status_code == 303


def test_a_role_that_was_taken_is_gone_with_the_next_request(signed_in: SignedIn, fakes: Fakes) -> None:
    person = signed_in(HOST)
    fakes.accounts.change(HOST, roles=frozenset())
    assert person.get(TODAY).status_code == 404


@pytest.mark.parametrize(
    ("mail", "for_long", "limit_s"),
    [
        pytest.param(HOST, False, STAFF_S, id="host"),
        pytest.param(TECHNICIAN, False, STAFF_S, id="technician"),
        pytest.param(HOST, True, MEMBER_S, id="host for long"),
        pytest.param(MEMBER, False, MEMBER_S, id="member"),
    ],
)
def test_a_session_ends_after_a_while_without_activity(
    person: Person, clock: SetClock, mail: str, for_long: bool, limit_s: int
) -> None:
    person.sign_in(mail, **({"for_long": "y"} if for_long else {}))
    clock.us += (limit_s - 1) * 1_000_000
    assert person.get("/me/").status_code == 200
    clock.us += (limit_s - 1) * 1_000_000
    assert person.get("/me/").status_code == 200
    clock.us += limit_s * 1_000_000
    answer = person.get("/me/")
    assert answer.location == "/sign-in?next=/me/&over=1"
    assert "weil eine Weile nichts geschehen ist" in person.get(answer.location).text


def test_a_page_that_asks_by_itself_does_not_prolong_the_session(
    signed_in: SignedIn, clock: SetClock
) -> None:
    person = signed_in(HOST)
    for _ in range(3):
        clock.us += STAFF_S // 4 * 1_000_000
        person.get(TODAY, headers={"X-Ankerort-Poll": "1"})
    left = person.get("/session", headers={"X-Ankerort-Poll": "1"})
    assert left.json == {"left_s": STAFF_S // 4}
    assert person.post("/session", {"next": TODAY}).location == TODAY
    assert person.get("/session", headers={"X-Ankerort-Poll": "1"}).json == {"left_s": STAFF_S}


def test_after_too_many_attempts_one_is_told_to_wait_and_others_are_not(person: Person) -> None:
    statuses = [person.sign_in(HOST, "geraten, wieder falsch").status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]
    answer = person.sign_in(HOST)
    assert answer.status_code == 429
    assert "Zu viele Versuche" in answer.text
    assert answer.headers["Retry-After"] == "60"
    for _ in range(50):
        person.sign_in(HOST, "geraten, wieder falsch")
    assert person.sign_in(ELSEWHERE).status_code == 303, "somebody else behind the same Wi-Fi"
    elsewhere = Person(person.client.application).post(
        "/sign-in", {"mail": HOST, "password": PASSWORD}, environ_base={"REMOTE_ADDR": "192.0.2.7"}
    )
    assert elsewhere.status_code == 303


def test_one_password_is_not_tried_on_account_after_account(
    make_app: Callable[..., Flask], fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.web.sign_in.FROM_ONE_NETWORK", "5 per day")
    person = Person(make_app(access=fakes.access))
    statuses = [person.sign_in(f"a{number}@b.example", "Sommer2026!").status_code for number in range(6)]
    assert statuses == [422] * 5 + [429]
    assert "oder aus Ihrem Netz" in person.sign_in(HOST).text


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8::1", "2001:db8::a:b:c:d", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.7", "::ffff:192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
    ],
)
def test_an_address_of_ipv6_counts_as_its_whole_network_however_it_is_written(
    make_app: Callable[..., Flask],
    fakes: Fakes,
    monkeypatch: pytest.MonkeyPatch,
    one: str,
    other: str,
    is_same: bool,
) -> None:
    monkeypatch.setattr("hub.web.sign_in.FROM_ONE_NETWORK", "1 per day")
    person = Person(make_app(access=fakes.access))
    statuses = [
        person.post(
            "/sign-in", {"mail": f"{at}@b.example", "password": "x"}, environ_base={"REMOTE_ADDR": at}
        ).status_code
        for at in (one, other)
    ]
    assert statuses == [422, 429 if is_same else 422]


def test_successes_are_not_counted(person: Person) -> None:
    for _ in range(12):
        assert person.sign_in(HOST).status_code == 303
        person.post("/sign-out")


def test_one_account_is_not_guessed_at_from_many_addresses(
    make_app: Callable[..., Flask], fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.web.sign_in.FOR_ONE_ACCOUNT", "5 per day")
    person = Person(make_app(access=fakes.access))
    statuses = [
        person.post(
            "/sign-in", {"mail": HOST, "password": "x"}, environ_base={"REMOTE_ADDR": f"2001:db8:{number}::1"}
        ).status_code
        for number in range(6)
    ]
    assert statuses == [422] * 5 + [429]


@pytest.mark.parametrize("trusted", [0, 1])
def test_the_address_behind_a_trusted_proxy_is_the_one_that_counts(
    make_app: Callable[..., Flask], fakes: Fakes, trusted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.web.sign_in.FROM_ONE_NETWORK", "5 per day")
    person = Person(make_app(WebConfig(trusted_proxies=trusted), access=fakes.access))
    statuses = [
        person.post(
            "/sign-in",
            {"mail": f"a{number}@b.example", "password": "x"},
            headers={"X-Forwarded-For": f"192.0.2.{number}"},
        ).status_code
        for number in range(7)
    ]
    assert (429 in statuses) is (trusted == 0)


@pytest.mark.parametrize(
    "address", ["/sign-in", "/sign-out", "/me/password", "/session", f"{TODAY}doors/vorn/open"]
)
@pytest.mark.parametrize("token", [None, "", "falsch"])
def test_a_form_without_its_token_changes_nothing(
    signed_in: SignedIn, fakes: Fakes, address: str, token: str | None
) -> None:
    person = signed_in(HOST)
    data = {"reason": "Lieferung", "mail": HOST, "password": PASSWORD}
    answer = person.client.post(address, data=data if token is None else {**data, "csrf_token": token})
    assert answer.status_code == 400
    assert "Nichts wurde geändert" in answer.text
    assert fakes.doors.calls == []
    assert person.get(TODAY).status_code == 200


def test_the_token_of_somebody_else_is_none(signed_in: SignedIn, fakes: Fakes) -> None:
    person, other = signed_in(HOST), signed_in(ELSEWHERE)
    answer = person.client.post(
        f"{TODAY}doors/vorn/open", data={"csrf_token": other.token(), "reason": "Lieferung"}
    )
    assert (answer.status_code, fakes.doors.calls) == (400, [])


def test_pages_of_somebody_are_kept_nowhere(signed_in: SignedIn) -> None:
    person = signed_in(HOST)
    for address in ("/", "/me/", TODAY, "/spaces/moelln", "/sign-in", "/session"):
        headers = person.get(address).headers
        assert headers["Cache-Control"] == "no-store", address
        assert "noindex" in headers["X-Robots-Tag"]


def test_static_files_and_the_api_ask_for_no_session(signed_in: SignedIn) -> None:
    person = signed_in(HOST)
    for address in ("/static/app.css", "/api/v1/spaces", "/healthz"):
        headers = person.get(address, buffered=True).headers
        assert "Cookie" not in headers.get("Vary", "")
        assert headers["Cache-Control"] != "no-store"


def test_strangers_get_no_cookie_before_they_want_to_sign_in(person: Person) -> None:
    for address in ("/", "/spaces/moelln", "/me/", "/nirgends"):
        assert "Set-Cookie" not in person.get(address).headers


def test_the_new_password_counts_and_other_devices_are_out(signed_in: SignedIn, fakes: Fakes) -> None:
    person, other = signed_in(HOST), signed_in(HOST)
    new = "ganz anders als zuvor"
    answer = person.post("/me/password", {"old": PASSWORD, "new": new, "again": new}, follow_redirects=True)
    assert "Ihr Passwort ist geändert" in answer.text
    assert other.get(TODAY).status_code == 303
    fresh = Person(person.client.application)
    assert fresh.sign_in(HOST).status_code == 422
    assert fresh.sign_in(HOST, new).status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("falsch", "ganz anders als zuvor", "ganz anders als zuvor", "nicht Ihr bisheriges Passwort"),
        (PASSWORD, "ganz anders als zuvor", "ganz anders als vorher", "stimmen nicht überein"),
        (PASSWORD, "neun Zei.", "neun Zei.", "mindestens 10 Zeichen"),
        (PASSWORD, HOST, HOST, "leicht zu erraten"),
        (PASSWORD, "aaaaaaaaaaaa", "aaaaaaaaaaaa", "leicht zu erraten"),
    ],
)
def test_a_password_that_will_not_do_is_refused_with_what_would(
    signed_in: SignedIn, fakes: Fakes, old: str, new: str, again: str, said: str
) -> None:
    person, before = signed_in(HOST), fakes.accounts.by_mail(HOST)
    answer = person.post("/me/password", {"old": old, "new": new, "again": again})
    assert answer.status_code == 422
    assert said in answer.text
    assert fakes.accounts.by_mail(HOST) == before


def test_a_database_that_is_away_is_a_page_that_says_so(
    signed_in: SignedIn, fakes: Fakes, live: FakeLive
) -> None:
    person = signed_in(HOST)
    fakes.accounts.broken = True
    answer = person.get(TODAY)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert re.search(r"<h1>[^<]*nicht erreichbar", answer.text)
    fakes.accounts.broken = False
    assert person.get(TODAY).status_code == 200


def test_sessions_outlive_the_process_with_the_same_key_and_end_without(
    make_app: Callable[..., Flask], fakes: Fakes
) -> None:
    kept = WebConfig(session_key=b"k" * 32)
    person = Person(make_app(kept, access=fakes.access))
    person.sign_in(HOST)
    cookie = person.client.get_cookie("session")
    assert cookie is not None
    for config, status in ((kept, 200), (WebConfig(), 303)):
        again = make_app(config, access=fakes.access).test_client()
        again.set_cookie("session", cookie.value)
        assert again.get(TODAY).status_code == status


def test_the_key_of_sessions_shows_itself_nowhere() -> None:
    assert "k" * 32 not in repr(WebConfig(session_key=b"k" * 32))
