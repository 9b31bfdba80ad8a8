"""What cards say of themselves, and what of them is refused in words."""

import pytest

from device.cards import desfire, ntag424
from device.cards.errors import CannotPersonalise, CardRefuses, ProtocolViolation
from device.cards.version import Model, get_version, kind_of
from tests.device.cards.published import Scripted, always

UID = "04A1B2C3D4E5F6"
SOFTWARE, BATCH = "04010102011605", "BA54A4E05D2221"


def answering(hardware: str, uid: str = UID, batch: str = BATCH) -> Scripted:
    return Scripted(
        ("9060000000", hardware + "91AF"),
        ("90AF000000", SOFTWARE + "91AF"),
        ("90AF000000", uid + batch + "9100"),
    )


MODELS: list[tuple[str, Model, str]] = [
    ("04010100001805", "desfire_ev1", "uid"),
    ("04010101001A05", "desfire_ev1", "uid"),
    ("04010112001A05", "desfire_ev2", "desfire"),
    ("04810112001A05", "desfire_ev2", "desfire"),
    ("04010122001A05", "desfire_ev2", "desfire"),
    ("04010133001A05", "desfire_ev3", "desfire"),
    ("04080130001305", "other", "uid"),
    ("040101A0001A05", "other", "uid"),
    ("04040230001105", "ntag424", "ntag424"),
    ("04040210001105", "other", "uid"),
]


@pytest.mark.parametrize(("hardware", "model", "kind"), MODELS)
def test_a_model_is_told_from_its_hardware(hardware: str, model: Model, kind: str) -> None:
    version = get_version(answering(hardware))
    assert version.model == model
    assert version.uid == bytes.fromhex(UID)
    assert kind_of(answering(hardware)) == kind


def test_a_longer_production_record_is_read_too() -> None:
    assert get_version(answering("04010133001A05", batch=BATCH + "01")).model == "desfire_ev3"


@pytest.mark.parametrize("batch", [BATCH[:-2], BATCH + "00" * 8])
def test_a_version_of_another_length_is_none(batch: str) -> None:
    with pytest.raises(ProtocolViolation):
        get_version(answering("04010133001A05", batch=batch))


def test_a_card_that_has_no_version_has_no_key() -> None:
    with pytest.raises(CardRefuses):
        get_version(always("6D00"))
    assert kind_of(always("6D00")) == "uid"
    assert kind_of(always("")) == "uid"


def test_an_ev1_is_refused_in_words() -> None:
    version = get_version(answering("04010101001A05"))
    with pytest.raises(CannotPersonalise, match="EV1 or older.*use EV2, EV3 or NTAG 424 DNA"):
        desfire.check_model(version, version.uid)


@pytest.mark.parametrize(("hardware", "model", "kind"), MODELS)
def test_only_the_cards_of_a_kind_are_taken_for_it(hardware: str, model: Model, kind: str) -> None:
    version = get_version(answering(hardware))
    for check, taken in ((desfire.check_model, "desfire"), (ntag424.check_model, "ntag424")):
        if kind == taken:
            check(version, version.uid)
            with pytest.raises(CannotPersonalise, match="another card"):
                check(version, bytes(7))
        else:
            with pytest.raises(CannotPersonalise):
                check(version, version.uid)


def test_a_version_does_not_show_its_uid() -> None:
    assert "a1b2" not in repr(get_version(answering("04010133001A05"))).lower()


def test_an_application_id_of_another_length_is_a_bug() -> None:
    with pytest.raises(ValueError, match="3 bytes, not 4"):
        desfire.select_application(always("9100"), b"ANKE")


def test_the_card_and_our_application_are_selected() -> None:
    script = Scripted(("905A00000300000000", "9100"), ("905A000003414E4B00", "91A0"))
    desfire.select_card(script)
    with pytest.raises(CardRefuses, match="application not found"):
        desfire.select_application(script)
