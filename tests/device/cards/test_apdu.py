"""Wrapping commands and taking answers apart."""

import pytest

from device.cards.apdu import MORE, frame, native, select_by_name, split, wrap
from device.cards.errors import CardRefuses, ProtocolViolation
from tests.device.cards.published import Scripted, always


def test_a_command_is_wrapped_as_the_cards_want_it() -> None:
    assert wrap(0x60).hex() == "9060000000"
    assert wrap(0x5A, b"ANK").hex() == "905a000003414e4b00"


def test_a_command_that_fits_no_frame_is_a_bug() -> None:
    assert len(wrap(0x8D, bytes(255))) == 261
    with pytest.raises(ValueError, match="not 256"):
        wrap(0x8D, bytes(256))


@pytest.mark.parametrize("length", [0, 1, 259, 70_000])
def test_an_answer_of_an_impossible_length_is_none(length: int) -> None:
    with pytest.raises(ProtocolViolation, match=f"{length} bytes"):
        split(b"\x91" * length)


@pytest.mark.parametrize("length", [2, 3, 257, 258])
def test_an_answer_of_a_possible_length_is_split(length: int) -> None:
    assert split(bytes(length - 2) + b"\x91\xae") == (bytes(length - 2), 0x91AE)


def test_frames_are_joined() -> None:
    script = Scripted(("9060000000", "0102" + "91AF"), ("90AF000000", "03" + "91AF"), ("90AF000000", "9100"))
    assert native(script, 0x60).hex() == "010203"
    assert script.is_done


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("91AF", id="empty frames for ever"),
        pytest.param("00" * 256 + "91AF", id="full frames for ever"),
        pytest.param("9000", id="the status of another kind of command"),
    ],
)
def test_frames_that_do_not_end_are_a_violation(answer: str) -> None:
    with pytest.raises(ProtocolViolation):
        native(always(answer), 0x60)


@pytest.mark.parametrize("status", ["91AE", "919D", "91A0", "6A82", "6700", "0000", "FFFF"])
def test_any_other_status_is_a_refusal_that_names_it(status: str) -> None:
    for send in (native, frame):
        with pytest.raises(CardRefuses, match=status) as refused:
            send(always("C0FFEE" + status), 0x60)
        assert refused.value.status == int(status, 16)
        assert "c0ffee" not in str(refused.value).lower()


def test_a_success_in_the_wrong_place_is_a_violation() -> None:
    with pytest.raises(ProtocolViolation, match="9100 where 91AF"):
        frame(always("9100"), 0x71, then=MORE)
    with pytest.raises(ProtocolViolation, match="91AF where 9100"):
        frame(always("91AF"), 0xAF)


def test_an_application_is_selected_by_name() -> None:
    script = Scripted(("00A4040C07D276000085010100", "9000"))
    select_by_name(script, bytes.fromhex("D2760000850101"))
    assert script.is_done
    with pytest.raises(CardRefuses, match="6A82"):
        select_by_name(always("6A82"), b"name")


def test_what_the_reader_raises_passes_through() -> None:
    class Gone(Exception):
        pass

    def gone(_command: bytes) -> bytes:
        raise Gone

    for send in (native, frame):
        with pytest.raises(Gone):
            send(gone, 0x60)
