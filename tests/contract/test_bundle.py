"""The bundle of a new device: what is written is read, what was damaged is noticed, no key shows itself."""

import dataclasses
from pathlib import Path

import msgspec
import pytest

from wire.bundle import MAX_BYTES, Bundle, read_bundle, write_bundle
from wire.errors import InvalidSetting

BUNDLE = Bundle(
    space="werkstatt",
    device="pi-1",
    made_us=1_796_000_000_000_000,
    expires_us=1_796_600_000_000_000,
    authority="-----BEGIN CERTIFICATE-----\nca\n",
    certificate="-----BEGIN CERTIFICATE-----\npi\n",
    key="-----BEGIN PRIVATE KEY-----\nsecret\n",
    trust='{"secret_key":"geheim"}',
    settings='space = "werkstatt"\n',
)


@dataclasses.dataclass
class Written:
    file: Path

    def damaged(self, data: bytes) -> str:
        self.file.write_bytes(data)
        with pytest.raises(InvalidSetting) as refused:
            read_bundle(self.file)
        return str(refused.value)


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path / "pi.bundle")


def test_what_is_written_is_read(written: Written) -> None:
    written.file.write_bytes(write_bundle(BUNDLE))
    assert read_bundle(written.file) == BUNDLE
    assert set(BUNDLE.files()) == {"ca.pem", "device.pem", "device.key", "trust.json"}


def test_a_renewal_has_no_settings_and_no_trust(written: Written) -> None:
    renewal = msgspec.structs.replace(BUNDLE, trust="", settings="")
    written.file.write_bytes(write_bundle(renewal))
    assert read_bundle(written.file).is_renewal
    assert "trust.json" not in renewal.files()
    assert renewal.digest != BUNDLE.digest


def test_each_bit_that_turns_over_is_noticed(written: Written) -> None:
    data = bytearray(write_bundle(BUNDLE))
    for place in range(0, len(data) - 1, 7):
        data[place] ^= 0x02
        told = written.damaged(bytes(data))
        assert "copy it again, whole" in told
        assert "geheim" not in told
        data[place] ^= 0x02


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"\0" * 2000,
        write_bundle(BUNDLE)[:-40],
        b" " * (MAX_BYTES + 1),
        write_bundle(msgspec.structs.replace(BUNDLE, settings="")),
        write_bundle(msgspec.structs.replace(BUNDLE, space="hub")),
        write_bundle(msgspec.structs.replace(BUNDLE, device="../pi")),
        write_bundle(msgspec.structs.replace(BUNDLE, version=2)),
    ],
    ids=["empty", "no bundle", "wiped", "cut off", "too long", "trust alone", "reserved", "a path", "newer"],
)
def test_what_is_no_bundle_is_refused_with_the_remedy(written: Written, data: bytes) -> None:
    assert "`ankerort-hub device replace`" in written.damaged(data)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"none\.bundle: No such file"):
        read_bundle(tmp_path / "none.bundle")


def test_a_bundle_does_not_show_its_keys() -> None:
    assert repr(BUNDLE) == "Bundle(werkstatt/pi-1)"
