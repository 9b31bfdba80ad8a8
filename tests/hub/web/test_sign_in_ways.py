"""Signing in by a link, choosing a password by one, the second factor, and what only somebody fresh may change."""

import base64
import re
from collections.abc import Callable

import pytest
from flask import Flask

from hub import second_factor
from hub.domain.accounts import RECOVERY_CODES, STEP_S, LinkPurpose
from hub.second_factor import Sealer
from hub.web.accounts import FRESH_S
from hub.web.parts import WebConfig
from hub.web.second_step import HALF_S
from tests.hub.web.access_fakes import HOST, MEMBER, PASSWORD, Fakes
from tests.hub.web.conftest import Person
from tests.hub.web.fakes import SetClock

SignedIn = Callable[[str], Person]
TODAY = "/spaces/moelln/host/"
NEW = "ganz anders als zuvor"
S = 1_000_000


def code(secret: bytes, clock: SetClock) -> str:
    """Return what the app shows now."""
    return second_factor._totp(secret).generate(clock.us // S).decode()


def set_up(person: Person, clock: SetClock) -> tuple[bytes, list[str]]:
    """Set the second factor up as a person does; return the app's secret and the recovery codes."""
    page = person.get("/me/security/second-factor").text
    shown = re.search(r'class="secret-text">([A-Z2-7 ]+)<', page)
    assert shown is not None
    secret = base64.b32decode(shown[1].replace(" ", ""))
    answer = person.post("/me/security/second-factor", {"code": code(secret, clock)})
    codes = re.findall(r"<li><code>([a-z0-9-]+)</code>", answer.text)
    assert (answer.status_code, len(codes)) == (200, RECOVERY_CODES)
    return secret, codes


def in_again(app: Flask, mail: str = HOST) -> Person:
    """Return somebody who has given the right password."""
    person = Person(app)
    answer = person.sign_in(mail, next=TODAY)
    assert answer.location == "/sign-in/second"
    return person


# -- links


def test_a_link_is_asked_for_and_signs_in_once(person: Person, fakes: Fakes) -> None:
    answer = person.post("/sign-in/link?lang=en", {"mail": HOST})
    assert (answer.status_code, answer.location) == (303, "/sign-in/sent")
    assert fakes.links.sent == [(HOST, LinkPurpose.SIGN_IN, "en")]
    for _ in range(2):
        assert "Eva König" in person.get("/sign-in/link/token-1?lang=de").text
    assert person.get(TODAY).status_code == 303, "looking at a link signs nobody in"
    assert person.post("/sign-in/link/token-1").location == "/me/"
    assert person.get(TODAY).status_code == 200
    again = Person(person.client.application)
    used = again.post("/sign-in/link/token-1")
    assert (used.status_code, "gilt nicht mehr" in used.text) == (422, True)
    assert again.get(TODAY).status_code == 303


def test_nobody_is_told_whether_an_address_has_an_account(person: Person) -> None:
    answers = [person.post("/sign-in/link", {"mail": mail}) for mail in (HOST, "niemand@example.org")]
    assert len({(answer.status_code, answer.location, answer.text) for answer in answers}) == 1


def test_a_password_is_chosen_by_a_link_and_by_its_own_alone(person: Person, fakes: Fakes) -> None:
    person.post("/sign-in/forgot", {"mail": HOST})
    person.post("/sign-in/link", {"mail": HOST})
    assert [purpose for _, purpose, _ in fakes.links.sent] == [LinkPurpose.RESET, LinkPurpose.SIGN_IN]
    for wrong in ("token-2", "none"):
        assert "gilt nicht mehr" in person.get(f"/sign-in/reset/{wrong}").text
        assert person.post(f"/sign-in/reset/{wrong}", {"new": NEW, "again": NEW}).status_code == 422
    assert person.post("/sign-in/link/token-1").status_code == 422
    answer = person.post("/sign-in/reset/token-1", {"new": NEW, "again": NEW}, follow_redirects=True)
    assert "Ihr neues Passwort gilt ab jetzt" in answer.text
    fresh = Person(person.client.application)
    assert fresh.sign_in(HOST).status_code == 422
    assert fresh.sign_in(HOST, NEW).status_code == 303


@pytest.mark.parametrize(
    ("new", "again", "said"),
    [(NEW, NEW + "x", "stimmen nicht überein"), ("kurz", "kurz", "mindestens 10"), (HOST, HOST, "leicht zu erraten"),
     ("", "", "Bitte füllen")],
)  # fmt: skip
def test_a_password_that_will_not_do_leaves_the_link_as_it_is(
    person: Person, fakes: Fakes, new: str, again: str, said: str
) -> None:
    person.post("/sign-in/forgot", {"mail": HOST})
    answer = person.post("/sign-in/reset/token-1", {"new": new, "again": again})
    assert (answer.status_code, said in answer.text) == (422, True)
    assert "token-1" in fakes.links.open


def test_whoever_is_invited_chooses_the_first_password(person: Person, fakes: Fakes) -> None:
    fakes.accounts.change(HOST, password_hash=None)
    fakes.links.invite(1, 0)
    person.post("/sign-in/reset/invited-1", {"new": NEW, "again": NEW})
    assert person.get(TODAY).status_code == 200


def test_letters_are_asked_for_ten_times_a_minute_at_most(person: Person, fakes: Fakes) -> None:
    statuses = [person.post("/sign-in/link", {"mail": HOST}).status_code for _ in range(11)]
    assert statuses == [303] * 10 + [429]
    assert len(fakes.links.sent) == 10


def test_links_are_not_guessed(person: Person) -> None:
    statuses = [person.post(f"/sign-in/link/guess-{number}").status_code for number in range(41)]
    assert statuses == [422] * 40 + [429]


def test_without_a_mail_server_nobody_is_promised_a_letter(
    make_app: Callable[..., Flask], fakes: Fakes
) -> None:
    person = Person(make_app(access=fakes.access))
    page = person.get("/sign-in").text
    assert "Link per Mail" not in page
    assert "Ihre Gastgeber geben Ihnen ein neues" in page
    for address in ("/sign-in/link", "/sign-in/forgot", "/sign-in/sent"):
        assert person.get(address).status_code == 404
    assert person.post("/sign-in/link", {"mail": HOST}).status_code == 404
    assert fakes.links.sent == []


# -- the second factor


def test_the_second_factor_is_asked_for_after_the_password(
    signed_in: SignedIn, staffed: Flask, clock: SetClock
) -> None:
    secret, _ = set_up(signed_in(HOST), clock)
    person = in_again(staffed)
    assert person.get(TODAY).status_code == 303, "half a sign-in is none"
    assert person.get("/me/security").status_code == 303
    wrong = person.post("/sign-in/second", {"code": "000000"})
    assert (wrong.status_code, "stimmt nicht" in wrong.text) == (422, True)
    clock.us += STEP_S * S
    shown = code(secret, clock)
    right = person.post("/sign-in/second", {"code": f"{shown[:3]} {shown[3:]}"})
    assert (right.status_code, right.location) == (303, TODAY)
    assert person.get(TODAY).status_code == 200


def test_a_code_counts_once(signed_in: SignedIn, staffed: Flask, clock: SetClock) -> None:
    secret, _ = set_up(signed_in(HOST), clock)
    used = code(secret, clock)
    assert in_again(staffed).post("/sign-in/second", {"code": used}).status_code == 422
    clock.us += STEP_S * S
    shown = code(secret, clock)
    assert in_again(staffed).post("/sign-in/second", {"code": shown}).status_code == 303
    assert in_again(staffed).post("/sign-in/second", {"code": shown}).status_code == 422


@pytest.mark.parametrize(("late_s", "status"), [(-30, 303), (30, 303), (-60, 422), (60, 422)])
def test_a_telephone_s_clock_may_be_half_a_minute_wrong(
    signed_in: SignedIn, staffed: Flask, clock: SetClock, late_s: int, status: int
) -> None:
    secret, _ = set_up(signed_in(HOST), clock)
    clock.us += 300 * S
    person = in_again(staffed)
    wrong = SetClock()
    wrong.us = clock.us + late_s * S
    assert person.post("/sign-in/second", {"code": code(secret, wrong)}).status_code == status


def test_a_recovery_code_counts_once_with_or_without_hyphens(
    signed_in: SignedIn, staffed: Flask, fakes: Fakes, clock: SetClock
) -> None:
    _, codes = set_up(signed_in(HOST), clock)
    typed = codes[3].replace("-", " ").upper()
    assert in_again(staffed).post("/sign-in/second", {"code": typed}).status_code == 303
    assert in_again(staffed).post("/sign-in/second", {"code": codes[3]}).status_code == 422
    factor = fakes.factors.get(1)
    assert factor is not None
    assert factor.codes_left == RECOVERY_CODES - 1


def test_the_second_factor_is_asked_for_after_a_link_too(
    signed_in: SignedIn, staffed: Flask, fakes: Fakes, clock: SetClock
) -> None:
    set_up(signed_in(HOST), clock)
    fakes.links.send(HOST, LinkPurpose.SIGN_IN, "de", 0)
    fakes.links.send(HOST, LinkPurpose.RESET, "de", 0)
    person = Person(staffed)
    assert person.post("/sign-in/link/token-1").location == "/sign-in/second"
    assert person.post("/sign-in/reset/token-2", {"new": NEW, "again": NEW}).location == "/sign-in/second"
    assert person.get(TODAY).status_code == 303


def test_half_a_sign_in_ends_after_a_while(signed_in: SignedIn, staffed: Flask, clock: SetClock) -> None:
    secret, _ = set_up(signed_in(HOST), clock)
    person = in_again(staffed)
    clock.us += HALF_S * S
    answer = person.post("/sign-in/second", {"code": code(secret, clock)})
    assert answer.location == "/sign-in"
    assert person.get(TODAY).status_code == 303


def test_an_account_that_is_switched_off_meanwhile_stays_out(
    signed_in: SignedIn, staffed: Flask, fakes: Fakes, clock: SetClock
) -> None:
    secret, _ = set_up(signed_in(HOST), clock)
    person = in_again(staffed)
    fakes.accounts.change(HOST, is_active=False)
    clock.us += STEP_S * S
    assert person.post("/sign-in/second", {"code": code(secret, clock)}).location == "/sign-in"


def test_codes_are_not_guessed_from_one_address_or_many(
    signed_in: SignedIn, staffed: Flask, clock: SetClock
) -> None:
    set_up(signed_in(HOST), clock)
    person = in_again(staffed)
    statuses = [
        person.post(
            "/sign-in/second", {"code": "000000"}, environ_base={"REMOTE_ADDR": f"192.0.2.{number}"}
        ).status_code
        for number in range(21)
    ]
    assert statuses == [422] * 20 + [429]


def test_without_going_through_the_password_nobody_gets_to_the_code(person: Person) -> None:
    assert person.get("/sign-in/second").location == "/sign-in"
    assert person.post("/sign-in/second", {"code": "123456"}).location == "/sign-in"


def test_a_wrong_code_turns_nothing_on(signed_in: SignedIn, fakes: Fakes) -> None:
    answer = signed_in(HOST).post("/me/security/second-factor", {"code": "12"})
    assert (answer.status_code, fakes.factors.kept) == (422, {})


def test_it_is_turned_off_and_codes_are_made_anew_after_asking(
    signed_in: SignedIn, fakes: Fakes, clock: SetClock
) -> None:
    person = signed_in(HOST)
    assert person.get("/me/security/codes").status_code == 404
    assert person.get("/me/security/second-factor/off").location == "/me/security"
    _, old = set_up(person, clock)
    person.get("/me/security/codes")
    assert second_factor.recovery_digest(1, old[0]) in fakes.factors.codes[1]
    made = person.post("/me/security/codes").text
    assert old[0] not in made
    assert second_factor.recovery_digest(1, old[0]) not in fakes.factors.codes[1]
    person.get("/me/security/second-factor/off")
    assert fakes.factors.get(1) is not None
    person.post("/me/security/second-factor/off")
    assert fakes.factors.get(1) is None


def test_what_is_stored_of_a_secret_opens_with_the_key_of_sessions_and_for_its_account_alone(
    signed_in: SignedIn, fakes: Fakes, clock: SetClock, staffed: Flask
) -> None:
    secret, _ = set_up(signed_in(HOST), clock)
    sealed = fakes.factors.kept[1].sealed
    assert secret not in sealed
    key = staffed.secret_key
    assert isinstance(key, bytes)
    assert Sealer(key).open(sealed, 1) == secret
    assert Sealer(key).open(sealed, 2) is None
    assert Sealer(b"k" * 32).open(sealed, 1) is None
    assert Sealer(key).open(b"", 1) is None


def test_after_another_key_a_recovery_code_still_lets_in(
    signed_in: SignedIn, make_app: Callable[..., Flask], fakes: Fakes, clock: SetClock
) -> None:
    _, codes = set_up(signed_in(HOST), clock)
    person = in_again(make_app(WebConfig(is_key_kept=True), access=fakes.access))
    assert "neuer Schlüssel" in person.get("/sign-in/second").text
    assert person.post("/sign-in/second", {"code": codes[0]}).status_code == 303


def test_without_a_kept_key_nobody_sets_up_what_a_restart_would_lock(
    make_app: Callable[..., Flask], fakes: Fakes
) -> None:
    person = Person(make_app(access=fakes.access))
    person.sign_in(HOST)
    for answer in (
        person.get("/me/security/second-factor"),
        person.post("/me/security/second-factor", {"code": "1"}),
    ):
        assert "web.secret_file" in answer.text
    assert fakes.factors.kept == {}


# -- what only somebody fresh may change


@pytest.mark.parametrize(
    "address",
    [
        "second-factor",
        "second-factor/off",
        "codes",
        "passkeys/options",
        "passkeys",
        "passkeys/1/remove",
    ],
)
def test_what_lets_somebody_in_is_changed_right_after_signing_in_alone(
    signed_in: SignedIn, fakes: Fakes, clock: SetClock, address: str
) -> None:
    person = signed_in(HOST)
    fakes.passkeys.add(1, b"i", b"k", 0, "Telefon", 0)
    fakes.factors.turn_on(1, b"s", 0, [], 0)
    clock.us += FRESH_S * S
    assert person.get("/me/security").status_code == 200
    answer = person.post(f"/me/security/{address}")
    assert answer.location == "/sign-in?again=1"
    assert (len(fakes.passkeys.kept), len(fakes.factors.kept)) == (1, 1)


def test_whoever_is_not_fresh_signs_in_again_and_goes_on(signed_in: SignedIn, clock: SetClock) -> None:
    person = signed_in(HOST)
    clock.us += FRESH_S * S
    asked = person.get("/me/security/second-factor")
    assert asked.location == "/sign-in?next=/me/security/second-factor&again=1"
    page = person.get(asked.location).text
    assert "noch einmal an" in page
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    sent = {"mail": HOST, "password": PASSWORD, "next": "/me/security/second-factor", "again": "1"}
    answer = person.client.post("/sign-in", data={"csrf_token": token[1], **sent})
    assert answer.location == "/me/security/second-factor"
    assert person.get(answer.location).status_code == 200


# -- passkeys without a browser


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"answer": None},
        {"answer": []},
        {"answer": {"rawId": "x"}},
        {"answer": {"rawId": "AAAA", "id": 1}},
        7,
    ],
)
def test_an_answer_that_is_none_signs_nobody_in(person: Person, sent: object) -> None:
    token = {"X-CSRFToken": person.token()}
    assert person.client.post("/sign-in/passkey", json=sent, headers=token).status_code == 422
    person.client.post("/sign-in/passkey/options", json={}, headers=token)
    answer = person.client.post("/sign-in/passkey", json=sent, headers=token)
    assert (answer.status_code, "nicht" in answer.json["problem"]) == (422, True)  # type: ignore[index]
    assert person.get(TODAY).status_code == 303


def test_passkeys_of_others_are_not_there(signed_in: SignedIn, fakes: Fakes) -> None:
    fakes.passkeys.add(1, b"i", b"k", 0, "Evas Ring", 0)
    member = signed_in(MEMBER)
    assert "Evas Ring" not in member.get("/me/security").text
    assert member.get("/me/security/passkeys/1/remove").status_code == 404
    assert member.post("/me/security/passkeys/1/remove").status_code == 404
    assert len(fakes.passkeys.kept) == 1


def test_a_request_without_the_page_s_token_is_refused(person: Person) -> None:
    for address in ("/sign-in/passkey/options", "/sign-in/passkey"):
        assert person.client.post(address, json={}).status_code == 400
