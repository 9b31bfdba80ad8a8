"""Letters: every kind in every tone, in whole sentences, with the times of the space, and nothing to be forged in."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.errors import NotTrue, RuleRefused
from hub.domain.letters import (
    LETTERS as KINDS,
)
from hub.domain.letters import Alarm, BookingReleased, Letter, LetterKind, kind_of, read_letter, write_letter
from hub.domain.mail import TOPICS, Addressee, check_address, is_end_token, read_end_token
from hub.domain.time import to_us
from hub.letters.messages import END_PATH, LetterWriter
from hub.mail_ports import MailRefused
from tests.hub.mail.conftest import BASE, SENDER
from tests.hub.mail.letters import LETTERS, NOON_US, READERS, SECRET, STAY

write = LetterWriter(SENDER, f"{BASE}/")


def parsed(letter: Letter, reader: Addressee) -> EmailMessage:
    """Return a message as a server gets it."""
    data = write("key", letter, reader, NOON_US).as_bytes()
    return message_from_bytes(data, policy=default)


def text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_there_is_one_of_each_kind_here() -> None:
    assert {kind_of(letter) for letter in LETTERS.values()} == set(LetterKind) == set(KINDS)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_is_whole_in_every_tone(name: str, reader: str) -> None:
    letter, addressee = LETTERS[name], READERS[reader]
    message = parsed(letter, addressee)
    words = f"{message['Subject']}\n{text(message)}"
    assert len(message["Subject"]) > 10
    assert not re.search(r"\{|\}|None|Undefined|\n\n\n| ,", words), words
    greeting = {"sie": "Guten Tag Özlem Şahin,", "du": "Hallo Özlem Şahin,", "en": "Hello Özlem Şahin,"}
    assert text(message).startswith(greeting.get(reader, "Guten Tag,") + "\n\n")
    if path := getattr(letter, "path", ""):
        assert f"\n{BASE}{path}\n" in words
    formal = set(re.findall(r"\b(?:Sie|Ihr|Ihre|Ihren|Ihrem|Ihrer|Ihnen)\b", words))
    familiar = set(re.findall(r"\b(?:[Dd]u|[Dd]ich|[Dd]ir|[Dd]ein|[Dd]eine[nmrs]?)\b", words))
    assert bool(formal) is (reader in ("sie", "nobody by name"))
    assert not familiar or reader == "du"
    assert max(map(len, words.splitlines())) < 200


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_is_stored_and_read_back_as_it_was(name: str) -> None:
    letter = LETTERS[name]
    assert read_letter(kind_of(letter), write_letter(letter)) == letter


@pytest.mark.parametrize("stored", ["", "[]", "7", "{}", '{"path": "/"}', "{"])
def test_what_is_no_letter_is_said_to_be_none(stored: str) -> None:
    with pytest.raises(NotTrue, match="no letter of kind booking_made"):
        read_letter(LetterKind.BOOKING_MADE, stored)


def test_a_letter_with_a_field_of_a_later_version_is_read() -> None:
    stored = write_letter(LETTERS["sign in"]).replace("{", '{"colour":"blue",', 1)
    assert read_letter(LetterKind.SIGN_IN_LINK, stored) == LETTERS["sign in"]


def test_times_are_those_of_the_space_on_the_day_of_the_change() -> None:
    # 09:00 UTC is 11:00 in Berlin from that morning on.
    words = text(parsed(LETTERS["booked"], READERS["sie"]))
    assert "Sonntag, 29. März 2026, 11:00 bis 14:00 Uhr" in words
    assert "Sunday 29 March 2026, 11:00 to 14:00" in text(parsed(LETTERS["booked"], READERS["en"]))
    assert "Bisher: Flur, Sonntag, 29. März 2026, 06:00 bis 07:00 Uhr" in text(
        parsed(LETTERS["changed"], READERS["sie"])
    )


def test_a_letter_about_a_series_lists_its_days() -> None:
    message = parsed(LETTERS["a series"], READERS["sie"])
    assert message["Subject"] == "Gebucht: Fenster 1, Sonntag, 29. März 2026 und weitere Termine"
    assert (
        "Zeit:  Sonntag, 29. März 2026, 11:00 bis 14:00 Uhr\n"
        "       Montag, 30. März 2026, 11:00 bis 12:00 Uhr\n"
        "       Dienstag, 31. März 2026, 11:00 bis 12:00 Uhr, Flur\n\n"
    ) in text(message)


@pytest.mark.parametrize("name", LETTERS)
def test_what_is_not_necessary_can_be_ended_with_one_click(name: str) -> None:
    letter = LETTERS[name]
    message, topic = parsed(letter, READERS["du"]), TOPICS.get(kind_of(letter))
    if topic is None:
        assert message["List-Unsubscribe"] is None
        return
    address = message["List-Unsubscribe"]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = address.removeprefix(f"<{BASE}{END_PATH}").removesuffix(">")
    assert read_end_token(token) == (7, topic)
    assert is_end_token(token, 7, topic, SECRET)
    assert f"\n{address[1:-1]}\n" in text(message)
    # One line, as it is: RFC 8058 knows no encoded address.
    raw = write("key", letter, READERS["du"], NOON_US).as_bytes()
    assert f"\r\nList-Unsubscribe: {address}\r\n".encode() in raw


@pytest.mark.parametrize(
    "token",
    [
        "",
        "7",
        "7.bookings",
        "7.bookings.x.y",
        "x.bookings.y",
        "7.all.y",
        "²3.bookings.y",
        f"{10**40}.bookings.y",
    ],
)
def test_a_link_that_is_none_is_refused(token: str) -> None:
    assert read_end_token(token) is None


@pytest.mark.parametrize("name", [name for name, letter in LETTERS.items() if hasattr(letter, "stay")])
def test_a_booking_comes_with_a_file_that_calendars_read(name: str) -> None:
    letter = LETTERS[name]
    files = list(parsed(letter, READERS["sie"]).iter_attachments())
    if name == "place free":
        assert files == []
        return
    (file,) = files
    assert (file.get_content_type(), file.get_filename()) == ("text/calendar", "termin.ics")
    is_over, more = isinstance(letter, BookingReleased), getattr(letter, "more", ())
    # RFC 5546, 3.2.5: all that a CANCEL ends has one uid.
    assert file.get_param("method") == ("CANCEL" if is_over and not more else "PUBLISH")
    content = file.get_content()
    calendar = icalendar.Calendar.from_ical(content)
    assert calendar["METHOD"] == file.get_param("method")
    event: Any
    event, *others = calendar.walk("VEVENT")
    assert [str(other["UID"]) for other in others] == [stay.uid for stay in more]
    assert {str(other["STATUS"]) for other in others} <= {str(event["STATUS"])}
    assert (str(event["UID"]), int(event["SEQUENCE"])) == (STAY.uid, STAY.sequence)
    assert to_us(event["DTSTART"].dt) == STAY.start_us
    assert to_us(event["DTEND"].dt) == STAY.end_us
    where = "alle Plätze" if name == "the whole space" else "Fenster 1"
    assert str(event["SUMMARY"]) == f"{where}, Clubheim Mölln"
    assert str(event["LOCATION"]) == f"{where}, Clubheim Mölln, Am Sportplatz 3, 23879 Mölln"
    assert str(event["STATUS"]) == ("CANCELLED" if is_over else "CONFIRMED")


NASTY = "Eva\r\nBcc: alle@example.org\r\n\r\n<script>"
EXPECTED = {
    "from", "to", "subject", "date", "message-id", "auto-submitted", "content-language", "mime-version", "content-type",
    "content-transfer-encoding",
}  # fmt: skip


@given(
    told=st.one_of(st.just(NASTY), st.text(max_size=300)),
    name=st.one_of(st.just(NASTY), st.text(max_size=300)),
)
def test_nothing_that_people_write_adds_a_header_or_a_reader(told: str, name: str) -> None:
    letter = Alarm(told, told, "held", NOON_US, None, "Europe/Berlin", 0, "/")
    message = parsed(letter, Addressee("eva@example.org", name))
    assert {header.lower() for header in message} == EXPECTED
    assert [address.addr_spec for address in message["To"].addresses] == ["eva@example.org"]
    assert [address.addr_spec for address in message["From"].addresses] == ["plaetze@example.org"]
    assert "\n" not in str(message["Subject"])


@pytest.mark.parametrize(
    "address",
    ["", "eva", "@example.org", "eva@", "eva@b@c", "eva@exa mple.org", "eva@example.org\r\nBcc: x@y.de", "a,b@c.de",
     "<eva@example.org>", "eva@example.org>", '"eva x"@example.org', "e" * 250 + "@b.de", "eva@a..b\u2024.de "],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    try:
        check_address(address)
    except RuleRefused as error:
        assert "write name@example.org" in str(error)  # noqa: PT017 - either of two refusals
    else:
        with pytest.raises(MailRefused, match="correct it"):
            write("key", LETTERS["sign in"], Addressee(address, "Eva"), NOON_US)


def test_a_domain_with_umlauts_is_written_as_servers_know_it() -> None:
    message = parsed(LETTERS["sign in"], Addressee("eva@mölln.example", "Eva"))
    assert message["To"].addresses[0].domain == "xn--mlln-5qa.example"


def test_the_same_mail_has_the_same_id_and_another_one_another() -> None:
    ids = [write(key, LETTERS["sign in"], READERS["sie"], NOON_US)["Message-ID"] for key in ("a", "a", "b")]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0].endswith("@example.org>")


def test_an_answer_reaches_the_hosts_of_the_space() -> None:
    reader = Addressee("eva@example.org", "Eva", reply_to="club@example.org")
    assert str(parsed(LETTERS["booked"], reader)["Reply-To"]) == "club@example.org"
