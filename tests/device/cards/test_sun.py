"""Signed addresses of NTAG 424 DNA."""

import pytest

from device.cards.ciphers import aes_cmac, encrypt, truncated
from device.cards.errors import NotAuthentic, Replayed
from device.cards.ntag424 import Sun, verify_sun
from tests.device.cards.published import Vector, vector, vectors
from tests.parts.virtual_ntag424 import VirtualNtag424

META, FILE = bytes(range(16)), bytes(range(16, 32))
UID = bytes.fromhex("04DE5F1EACC040")


def signed(counter: int, *, tag: int = 0xC7, mac_input: bytes = b"") -> tuple[bytes, bytes]:
    plain = bytes([tag]) + UID + counter.to_bytes(3, "little") + b"noise"
    mac = aes_cmac(aes_cmac(FILE, bytes.fromhex("3CC300010080") + plain[1:11]), mac_input)
    return encrypt(META, plain), truncated(mac)


@pytest.mark.parametrize("published", vectors("sun"))
def test_a_published_address_is_verified(published: Vector) -> None:
    found = verify_sun(
        published["meta_key"],
        published["file_key"],
        published["picc_data"],
        published["mac"],
        published.text("mac_input_ascii").encode("ascii"),
    )
    assert found == Sun(published["uid"], published.number("counter"))


@pytest.mark.parametrize("published", vectors("sun"))
@pytest.mark.parametrize("bit", [0, 7, 33, 63])
def test_a_published_address_with_a_changed_bit_is_refused(published: Vector, bit: int) -> None:
    mac = (int.from_bytes(published["mac"], "big") ^ 1 << bit).to_bytes(8, "big")
    text = published.text("mac_input_ascii").encode("ascii")
    with pytest.raises(NotAuthentic):
        verify_sun(published["meta_key"], published["file_key"], published["picc_data"], mac, text)
    with pytest.raises(NotAuthentic):
        verify_sun(
            published["meta_key"],
            published["file_key"],
            published["picc_data"],
            published["mac"],
            text + b"&",
        )


@pytest.mark.parametrize(
    ("counter", "last", "fresh"),
    [
        pytest.param(0, None, True, id="the first reading of a new tag"),
        pytest.param(0, 0, False, id="the first reading again"),
        pytest.param(1, 0, True, id="the second"),
        pytest.param(61, 60, True, id="the next"),
        pytest.param(61, 61, False, id="the same"),
        pytest.param(61, 62, False, id="an older one"),
        pytest.param(256, 255, True, id="over a byte's end"),
        pytest.param(0xFFFFFF, 0xFFFFFE, True, id="the last that there is"),
    ],
)
def test_only_a_counter_above_the_last_is_accepted(counter: int, last: int | None, *, fresh: bool) -> None:
    picc_data, mac = signed(counter)
    if fresh:
        assert verify_sun(META, FILE, picc_data, mac, last_counter=last) == Sun(UID, counter)
    else:
        with pytest.raises(Replayed):
            verify_sun(META, FILE, picc_data, mac, last_counter=last)


def test_a_forged_address_is_not_called_a_replay() -> None:
    picc_data, _mac = signed(1)
    with pytest.raises(NotAuthentic) as refused:
        verify_sun(META, FILE, picc_data, bytes(8), last_counter=5)
    assert not isinstance(refused.value, Replayed)


@pytest.mark.parametrize("tag", [0x00, 0x87, 0x47, 0xC4, 0xC6, 0xCF, 0xFF])
def test_an_address_that_mirrors_something_else_is_refused_though_its_mac_is_right(tag: int) -> None:
    picc_data, mac = signed(1, tag=tag)
    with pytest.raises(NotAuthentic):
        verify_sun(META, FILE, picc_data, mac)


@pytest.mark.parametrize(("cut_data", "cut_mac"), [(0, 8), (15, 8), (16, 0), (16, 7)])
def test_an_address_that_is_cut_off_is_refused(cut_data: int, cut_mac: int) -> None:
    picc_data, mac = signed(1)
    with pytest.raises(NotAuthentic, match="cut off"):
        verify_sun(META, FILE, picc_data[:cut_data], mac[:cut_mac])


def test_what_a_tag_of_another_making_signs_is_verified_once() -> None:
    tag = VirtualNtag424(UID)
    last: int | None = None
    for counter in (0, 1, 2, 255, 256, 70_000):
        message = tag.sun_message(counter, mac_input=b"m=", meta_key=META, file_key=FILE)
        found = verify_sun(META, FILE, message.picc_data, message.mac, b"m=", last_counter=last)
        assert found == Sun(UID, counter)
        last = counter
        with pytest.raises(Replayed):
            verify_sun(META, FILE, message.picc_data, message.mac, b"m=", last_counter=last)


def test_keys_of_another_length_are_bugs() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        verify_sun(META[:8], FILE, bytes(16), bytes(8))


def test_the_uid_is_not_shown() -> None:
    published = vector("sun", "sdm-backend tests")
    found = Sun(published["uid"], 291)
    assert published["uid"].hex() not in repr(found).lower()
    assert str(list(published["uid"])) not in repr(found)
