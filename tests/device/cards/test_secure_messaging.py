"""Authentication and secure messaging against published values, and against answers that are not right."""

import secrets
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.cards import ciphers, secure_messaging
from device.cards.commands import (
    change_file_settings,
    change_key,
    get_file_settings,
    read_credential_id,
    read_data,
    write_credential_id,
    write_data,
)
from device.cards.errors import CardError, CardRefuses, NotAuthentic, ProtocolViolation, SessionOver
from device.cards.keys import checksum
from device.cards.secure_messaging import Session, authenticate_ev2_first, authenticate_ev2_non_first
from tests.device.cards.published import Scripted, Vector, always, vector, vectors

FIRST = vector("authenticate_ev2_first", "AN12196 table 14")
NON_FIRST = vector("authenticate_ev2_non_first", "AN12196 table 23")
RND_A = FIRST["rnda"]


def first_script(published: Vector = FIRST) -> Scripted:
    number = published.number("key_no")
    return Scripted(
        (f"9071000002{number:02X}0000", published["rndb_enc"] + b"\x91\xaf"),
        (bytes.fromhex("90AF000020") + published["sent"] + b"\x00", published["reply"] + b"\x91\x00"),
    )


def session(
    *exchanges: tuple[str | bytes, str | bytes],
    key_no: int = 0,
    cmd_ctr: int = 0,
    ti: str = "7614281A",
    of: Vector = NON_FIRST,
) -> Session:
    return Session(
        Scripted(*exchanges),
        key_no=key_no,
        ti=bytes.fromhex(ti),
        enc_key=of["session_enc_key"],
        mac_key=of["session_mac_key"],
        cmd_ctr=cmd_ctr,
    )


# --- published values ---


@pytest.mark.parametrize("published", vectors("authenticate_ev2_first"))
def test_a_published_first_authentication_runs(published: Vector) -> None:
    script = first_script(published)
    made = authenticate_ev2_first(script, published.number("key_no"), published["key"], published["rnda"])
    assert script.is_done
    assert made.ti == published["ti"]
    assert made.enc_key == published["session_enc_key"]
    assert made.mac_key == published["session_mac_key"]
    assert made.cmd_ctr == 0
    assert ciphers.decrypt(published["key"], published["rndb_enc"]) == published["rndb"]
    assert ciphers.aes_cmac(published["key"], published["session_vector_1"]) == published["session_enc_key"]


@pytest.mark.parametrize("published", vectors("authenticate_ev2_non_first"))
def test_a_published_further_authentication_goes_on_with_identifier_and_counter(published: Vector) -> None:
    before = session(
        ("907700000103" + "00", published["rndb_enc"] + b"\x91\xaf"),
        (bytes.fromhex("90AF000020") + published["sent"] + b"\x00", published["reply"] + b"\x91\x00"),
        cmd_ctr=5,
    )
    made = authenticate_ev2_non_first(before, 3, published["key"], published["rnda"])
    assert made.enc_key == published["session_enc_key"]
    assert made.mac_key == published["session_mac_key"]
    assert (made.ti, made.cmd_ctr, made.key_no) == (before.ti, 5, 3)
    assert ciphers.decrypt(published["key"], published["rndb_enc"]) == published["rndb"]
    with pytest.raises(SessionOver):
        before.plain(0x60)


def test_published_file_settings_are_read_in_mac_mode() -> None:
    published = vector("secure_messaging", "AN12196 table 8")
    talk = Session(
        Scripted(
            (published["command"], published["response_data"] + published["response_mac"] + b"\x91\x00")
        ),
        key_no=0,
        ti=published["ti"],
        enc_key=bytes(16),
        mac_key=published["mac_key"],
        cmd_ctr=published.number("cmd_ctr"),
    )
    assert get_file_settings(talk, 2) == published["response_data"]
    assert talk.cmd_ctr == 1


def test_published_file_settings_are_changed_in_full_mode() -> None:
    published = vector("secure_messaging", "AN12196 table 19")
    counter = published.number("cmd_ctr")
    talk = session(
        (published["command"], published["response_mac"] + b"\x91\x00"),
        ti="9D00C4DF",
        cmd_ctr=counter,
        of=FIRST,
    )
    assert talk._iv(secure_messaging._COMMAND_IV) == published["iv"]
    change_file_settings(talk, published.number("file_no"), published["plain_unpadded"])
    assert talk.cmd_ctr == counter + 1


def test_a_published_other_key_is_changed() -> None:
    published = vector("secure_messaging", "AN12196 table 26")
    counter = published.number("cmd_ctr")
    talk = session((published["command"], published["response_mac"] + b"\x91\x00"), cmd_ctr=counter)
    assert talk.ti == published["ti"]
    assert talk._iv(secure_messaging._COMMAND_IV) == published["iv"]
    assert checksum(published["new_key"]) == published["crc32_new_key"]
    version = published.number("version")
    change_key(talk, published.number("key_no"), published["new_key"], published["old_key"], version=version)
    assert talk.cmd_ctr == counter + 1
    assert not talk.is_over


def test_the_published_own_key_is_changed_and_ends_the_session() -> None:
    published = vector("secure_messaging", "AN12196 table 27")
    command = bytes.fromhex("90C4000029") + b"\x00" + published["ciphertext"] + published["mac"] + b"\x00"
    talk = session((command, "9100"), cmd_ctr=published.number("cmd_ctr"))
    assert talk._iv(secure_messaging._COMMAND_IV) == published["iv"]
    change_key(talk, published.number("key_no"), published["new_key"], version=published.number("version"))
    with pytest.raises(SessionOver):
        talk.plain(0x60)


@pytest.mark.parametrize("published", vectors("write_data"))
def test_published_data_is_written(published: Vector) -> None:
    talk = Session(
        Scripted((published["command"], published["response"])),
        key_no=0,
        ti=published["ti"],
        enc_key=published["enc_key"],
        mac_key=published["mac_key"],
        cmd_ctr=published.number("cmd_ctr"),
    )
    assert talk._iv(secure_messaging._COMMAND_IV) == published["iv"]
    write_data(talk, published.number("file_no"), published["data"])
    assert talk.cmd_ctr == published.number("cmd_ctr") + 1


@pytest.mark.parametrize("published", vectors("change_key"))
def test_another_published_key_is_changed(published: Vector) -> None:
    sent: list[bytes] = []

    def card(command: bytes) -> bytes:
        sent.append(command)
        return b"\x91\x00"

    talk = Session(
        card,
        key_no=published.number("session_key_no"),
        ti=published["ti"],
        enc_key=published["enc_key"],
        mac_key=published["mac_key"],
        cmd_ctr=published.number("cmd_ctr"),
    )
    assert talk._iv(secure_messaging._COMMAND_IV) == published["iv"]
    change_key(talk, published.number("key_no"), published["new_key"], version=published.number("version"))
    assert sent[0][6:-9] == published["ciphertext"]


# --- a card that is not right ---


def test_a_card_that_knows_another_key_is_not_authentic() -> None:
    with pytest.raises(NotAuthentic, match="has not this key"):
        authenticate_ev2_first(always("91AE"), 0, bytes(16))


def test_a_card_that_can_only_repeat_is_not_authentic() -> None:
    # A recorded run, played back against fresh randomness.
    def played_back(command: bytes) -> bytes:
        return FIRST["rndb_enc"] + b"\x91\xaf" if command[1] == 0x71 else FIRST["reply"] + b"\x91\x00"

    with pytest.raises(NotAuthentic, match="another random number"):
        authenticate_ev2_first(played_back, 0, FIRST["key"])


@pytest.mark.parametrize("bit", range(32, 160, 9))
def test_any_changed_bit_of_the_proof_is_noticed(bit: int) -> None:
    plain = bytearray(ciphers.decrypt(FIRST["key"], FIRST["reply"]))
    plain[bit // 8] ^= 1 << bit % 8

    def card(command: bytes) -> bytes:
        if command[1] == 0x71:
            return FIRST["rndb_enc"] + b"\x91\xaf"
        return ciphers.encrypt(FIRST["key"], bytes(plain)) + b"\x91\x00"

    with pytest.raises(NotAuthentic):
        authenticate_ev2_first(card, 0, FIRST["key"], RND_A)


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        pytest.param(["9100"], ProtocolViolation, id="done before it began"),
        pytest.param(["AA" * 15 + "91AF"], ProtocolViolation, id="a short challenge"),
        pytest.param(["AA" * 17 + "91AF"], ProtocolViolation, id="the challenge of LRP mode"),
        pytest.param(["911C"], CardRefuses, id="EV1: no such command"),
        pytest.param(["AA" * 16 + "91AF", "91AE"], NotAuthentic, id="our proof is refused"),
        pytest.param(["AA" * 16 + "91AF", "AA" * 32 + "91AF"], ProtocolViolation, id="and it goes on"),
        pytest.param(["AA" * 16 + "91AF", "AA" * 16 + "9100"], ProtocolViolation, id="a short proof"),
        pytest.param(["AA" * 16 + "91AF", ""], ProtocolViolation, id="no answer"),
    ],
)
def test_a_broken_authentication_is_an_error(answers: list[str], error: type[CardError]) -> None:
    left = [bytes.fromhex(answer) for answer in answers]
    with pytest.raises(error):
        authenticate_ev2_first(lambda _command: left.pop(0), 0, bytes(16))


def test_a_further_authentication_that_is_not_proven_is_refused_and_ends_all() -> None:
    def card(command: bytes) -> bytes:
        return NON_FIRST["rndb_enc"] + b"\x91\xaf" if command[1] == 0x77 else NON_FIRST["reply"] + b"\x91\x00"

    before = Session(card, key_no=0, ti=bytes(4), enc_key=bytes(16), mac_key=bytes(16))
    with pytest.raises(NotAuthentic, match="another random number"):
        authenticate_ev2_non_first(before, 3, NON_FIRST["key"])
    assert before.is_over


@pytest.mark.parametrize(("key", "rnd_a"), [(bytes(15), None), (bytes(24), None), (bytes(16), bytes(8))])
def test_a_key_of_another_length_is_a_bug(key: bytes, rnd_a: bytes | None) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        authenticate_ev2_first(always(""), 0, key, rnd_a)


def test_randomness_is_fresh_for_each_authentication() -> None:
    sent = set()
    for _ in range(50):

        def card(command: bytes) -> bytes:
            if command[1] == 0x71:
                return FIRST["rndb_enc"] + b"\x91\xaf"
            sent.add(command)
            return b"\x91\xae"

        with pytest.raises(NotAuthentic):
            authenticate_ev2_first(card, 0, bytes(16))
    assert len(sent) == 50


# --- a card of our own making, to talk with ---


class Card:
    """The card's side of one session, written down from the data sheet, not from the product's code."""

    def __init__(self) -> None:
        self.enc_key, self.mac_key, self.ti = (secrets.token_bytes(n) for n in (16, 16, 4))
        self.counter = 0
        self.answer = b""
        self.received = b""
        self.spoil: Callable[[bytes], bytes] = lambda answer: answer

    def session(self) -> Session:
        return Session(
            self, key_no=1, ti=self.ti, enc_key=self.enc_key, mac_key=self.mac_key, cmd_ctr=self.counter
        )

    def iv(self, label: bytes) -> bytes:
        return ciphers.encrypt(self.enc_key, label + self.ti + self.counter.to_bytes(2, "little") + bytes(8))

    def __call__(self, command: bytes) -> bytes:
        body = command[5:-1]
        mac_input = command[1:2] + self.counter.to_bytes(2, "little") + self.ti + body[:-8]
        assert body[-8:] == ciphers.aes_cmac(self.mac_key, mac_input)[1::2]
        if len(body) - 8 > 7:
            padded = ciphers.decrypt(self.enc_key, body[7:-8], self.iv(b"\xa5\x5a"))
            self.received = padded.rstrip(b"\x00")[:-1]
        self.counter += 1
        data = self.answer
        if data:
            data += b"\x80"
            data += bytes(-len(data) % 16)
            data = ciphers.encrypt(self.enc_key, data, self.iv(b"\x5a\xa5"))
        return self.spoil(data + self.response_mac(data)) + b"\x91\x00"

    def response_mac(self, data: bytes) -> bytes:
        return ciphers.aes_cmac(self.mac_key, b"\x00" + self.counter.to_bytes(2, "little") + self.ti + data)[
            1::2
        ]


@given(written=st.binary(min_size=1, max_size=200), read=st.binary(min_size=1, max_size=200))
def test_what_is_written_arrives_and_what_is_read_comes_back(written: bytes, read: bytes) -> None:
    card = Card()
    talk = card.session()
    write_data(talk, 3, written)
    assert card.received == written
    card.answer = read
    assert read_data(talk, 3, len(read)) == read
    assert talk.cmd_ctr == card.counter == 2


@given(data=st.binary(max_size=100))
def test_padding_comes_off_again(data: bytes) -> None:
    padded = ciphers.pad(data)
    assert len(padded) % 16 == 0
    assert len(padded) > len(data)
    assert ciphers.unpad(padded) == data


@pytest.mark.parametrize("padded", ["", "00" * 16, "80" + "00" * 16, "80" + "00" * 14 + "01"])
def test_what_is_not_padded_is_refused(padded: str) -> None:
    with pytest.raises(ValueError, match="not padded"):
        ciphers.unpad(bytes.fromhex(padded))


def flip(at: int) -> Callable[[bytes], bytes]:
    def spoil(answer: bytes) -> bytes:
        changed = bytearray(answer)
        changed[at] ^= 1
        return bytes(changed)

    return spoil


@pytest.mark.parametrize("at", [0, 15, 16, 31, 32, 39, -1])
def test_an_answer_with_a_changed_bit_is_refused_before_it_is_decrypted(
    at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = Card()
    card.answer, card.spoil = bytes(range(16)), flip(at)
    talk = card.session()
    monkeypatch.setattr(
        secure_messaging, "decrypt", lambda *_args: pytest.fail("decrypted before it was proven")
    )
    with pytest.raises(NotAuthentic, match="MAC"):
        read_credential_id(talk, 1)
    with pytest.raises(SessionOver):
        read_credential_id(talk, 1)


def test_a_repeated_answer_is_refused() -> None:
    card = Card()
    card.answer = bytes(range(16))
    talk = card.session()
    heard: list[bytes] = []

    def keep(answer: bytes) -> bytes:
        heard.append(answer)
        return heard[0]

    card.spoil = keep
    read_credential_id(talk, 1)
    with pytest.raises(NotAuthentic):
        read_credential_id(talk, 1)


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        pytest.param(lambda _answer: b"", ProtocolViolation, id="no MAC at all"),
        pytest.param(lambda answer: answer[-7:], ProtocolViolation, id="seven bytes"),
        pytest.param(lambda answer: answer[-8:], NotAuthentic, id="a MAC without its data"),
        pytest.param(lambda answer: answer + b"\x00", NotAuthentic, id="one byte more"),
        pytest.param(lambda _answer: bytes(255), NotAuthentic, id="zeros"),
    ],
)
def test_an_answer_of_another_shape_is_refused(
    spoil: Callable[[bytes], bytes], error: type[CardError]
) -> None:
    card = Card()
    card.answer, card.spoil = bytes(16), spoil
    with pytest.raises(error):
        read_credential_id(card.session(), 1)


def test_an_answer_of_another_length_is_a_violation() -> None:
    card = Card()
    for length in (15, 17):
        card.answer = bytes(length)
        with pytest.raises(ProtocolViolation, match=f"{length} bytes came where 16"):
            read_credential_id(card.session(), 1)


def test_authentic_rubbish_is_a_violation() -> None:
    card = Card()
    card.spoil = lambda _answer: bytes(15) + card.response_mac(bytes(15))
    with pytest.raises(ProtocolViolation, match="no whole blocks"):
        read_credential_id(card.session(), 1)
    card.spoil = lambda _answer: _unpadded(card)
    with pytest.raises(ProtocolViolation, match="not padded"):
        read_credential_id(card.session(), 1)


def _unpadded(card: Card) -> bytes:
    data = ciphers.encrypt(card.enc_key, bytes(16), card.iv(b"\x5a\xa5"))
    return data + card.response_mac(data)


# --- the end of a session ---


def test_a_refusal_ends_a_session() -> None:
    talk = session((bytes.fromhex("9060000000"), "919D"))
    with pytest.raises(CardRefuses):
        talk.plain(0x60)
    for again in (talk.plain, talk.mac, talk.full):
        with pytest.raises(SessionOver):
            again(0x60)
    with pytest.raises(SessionOver):
        authenticate_ev2_non_first(talk, 0, bytes(16))


def test_a_card_that_is_gone_ends_a_session_and_says_so_itself() -> None:
    def gone(_command: bytes) -> bytes:
        raise OSError("the reader's own")

    talk = Session(gone, key_no=0, ti=bytes(4), enc_key=bytes(16), mac_key=bytes(16))
    with pytest.raises(OSError, match="the reader's own"):
        talk.full(0xAD, b"\x01")
    assert talk.is_over


def test_plain_commands_count_too() -> None:
    talk = session(("9060000000", "01029100"), ("9060000000", "9100"))
    assert talk.plain(0x60) == b"\x01\x02"
    assert talk.plain(0x60) == b""
    assert talk.cmd_ctr == 2


def test_the_counter_never_begins_anew() -> None:
    talk = session(("9060000000", "9100"), cmd_ctr=0xFFFE)
    talk.plain(0x60)
    with pytest.raises(SessionOver, match="counted"):
        talk.plain(0x60)


def test_a_mac_with_the_end_of_a_session_must_be_right() -> None:
    talk = session((published_own_key(), "00" * 8 + "9100"), cmd_ctr=3)
    with pytest.raises(NotAuthentic):
        change_key(talk, 0, vector("secure_messaging", "AN12196 table 27")["new_key"])


def test_a_right_mac_with_the_end_of_a_session_ends_it_as_well() -> None:
    card = Card()
    talk = card.session()
    talk.full_at_last(0xC4, bytes(7), bytes(17))
    assert card.received == bytes(17)
    with pytest.raises(SessionOver):
        talk.plain(0x60)


def published_own_key() -> bytes:
    published = vector("secure_messaging", "AN12196 table 27")
    return bytes.fromhex("90C4000029") + b"\x00" + published["ciphertext"] + published["mac"] + b"\x00"


def test_keys_and_ids_of_another_length_are_bugs() -> None:
    talk = session()
    with pytest.raises(ValueError, match="not 15"):
        change_key(talk, 0, bytes(15))
    with pytest.raises(ValueError, match="old value"):
        change_key(talk, 1, bytes(16))
    with pytest.raises(ValueError, match="old value"):
        change_key(talk, 1, bytes(16), bytes(15))
    with pytest.raises(ValueError, match="not 17"):
        write_credential_id(talk, 1, bytes(17))


def test_a_session_shows_nothing() -> None:
    assert repr(session(key_no=1)) == "Session(key_no=1)"
