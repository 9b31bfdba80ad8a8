"""The manifest of a release: read when a known key signed it, refused whenever anything is different."""

import base64
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st

from wire.errors import InvalidSetting, NotAuthentic
from wire.release import (
    DOMAIN,
    MAX_MANIFEST_BYTES,
    Release,
    Wheel,
    compare_key,
    read_release_keys,
    sign_release,
    verify_release,
    write_release_key,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
WHEEL = Wheel(name="ankerort-0.2.0-py3-none-any.whl", size_bytes=10, sha256="0" * 64)
RELEASE = Release(version="0.2.0", made_us=1_796_000_000_000_000, extras=("device",), wheels=(WHEEL,))
SIGNED = sign_release(RELEASE, KEY)


def test_a_manifest_is_read_with_any_of_the_known_keys() -> None:
    assert verify_release(SIGNED, [OTHER.public_key(), KEY.public_key()]) == RELEASE


def test_a_manifest_of_a_stranger_is_refused() -> None:
    with pytest.raises(NotAuthentic, match="signed by somebody whose releases are not taken here"):
        verify_release(SIGNED, [OTHER.public_key()])


@given(at=st.integers(0, len(SIGNED) - 1), bit=st.integers(0, 7))
@example(at=len(SIGNED) - 4, bit=0)
def test_a_manifest_with_any_bit_changed_is_refused(at: int, bit: int) -> None:
    changed = bytearray(SIGNED)
    changed[at] ^= 1 << bit
    with pytest.raises(NotAuthentic):
        verify_release(bytes(changed), [KEY.public_key()])


@given(st.integers(0, len(SIGNED) - 1))
def test_a_manifest_that_was_cut_off_is_refused(length: int) -> None:
    with pytest.raises(NotAuthentic):
        verify_release(SIGNED[:length], [KEY.public_key()])


@pytest.mark.parametrize(
    "added", [b"\n", b"x", b" " * MAX_MANIFEST_BYTES], ids=["a line", "a letter", "too much"]
)
def test_nothing_may_stand_below_the_signature(added: bytes) -> None:
    with pytest.raises(NotAuthentic, match="something was added"):
        verify_release(SIGNED + added, [KEY.public_key()])


def test_what_the_same_key_signed_for_something_else_is_no_manifest() -> None:
    text = SIGNED.split(b"\n")[0]
    elsewhere = text + b"\n" + base64.b64encode(KEY.sign(text)) + b"\n"
    with pytest.raises(NotAuthentic):
        verify_release(elsewhere, [KEY.public_key()])
    assert DOMAIN.endswith(b"\x00")


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "0.2"}, {"version": "0.2.0rc1"}, {"version": "00.2.0"}, {"format": 2}, {"wheels": ()},
        {"extras": ("device]==1 @ http://x",)},
        {"wheels": (msgspec.structs.replace(WHEEL, name="../x.whl"),)},
        {"wheels": (msgspec.structs.replace(WHEEL, name="/etc/x.whl"),)},
        {"wheels": (msgspec.structs.replace(WHEEL, name="-x.whl"),)},
        {"wheels": (msgspec.structs.replace(WHEEL, name="x.tar.gz"),)},
        {"wheels": (msgspec.structs.replace(WHEEL, sha256="0" * 63),)},
    ],
    ids=[
        "two numbers", "a candidate", "a zero in front", "another form", "no wheel", "an extra that is more",
        "a wheel above", "a wheel elsewhere", "a wheel that is an option", "no wheel's name", "no checksum",
    ],
)  # fmt: skip
def test_what_a_device_could_not_use_is_not_signed(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="manifest of a release"):
        sign_release(msgspec.structs.replace(RELEASE, **changes), KEY)


@pytest.mark.parametrize(
    ("older", "newer"), [("0.2.9", "0.2.10"), ("0.9.0", "0.10.0"), ("0.99.99", "1.0.0"), ("0.1.0", "0.1.1")]
)
def test_versions_are_compared_as_numbers(older: str, newer: str) -> None:
    before, after = compare_key(older), compare_key(newer)
    assert before is not None
    assert after is not None
    assert before < after
    assert compare_key(f"{older}.dev1") is None


def test_a_file_of_keys_has_one_a_line_and_notes(tmp_path: Path) -> None:
    file = tmp_path / "release.pub"
    lines = [
        f"{write_release_key(key.public_key())}  # {name}" for key, name in ((KEY, "2026"), (OTHER, "2027"))
    ]
    file.write_text("# who makes our releases\n\n" + "\n".join(lines))
    assert [write_release_key(key) for key in read_release_keys(file)] == [line.split()[0] for line in lines]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "No such file"),
        ("", "at least one"),
        ("# none\n", "at least one"),
        ("AAAA\n", "32 bytes"),
        ("ü", "base64"),
        ("!\n", ""),
    ],
    ids=["no file", "empty", "a note alone", "too short", "no ASCII", "no base64"],
)
def test_a_file_without_keys_is_refused_with_the_remedy(tmp_path: Path, text: str | None, said: str) -> None:
    file = tmp_path / "release.pub"
    if text is not None:
        file.write_text(text)
    with pytest.raises(InvalidSetting, match="ankerort-hub release key") as told:
        read_release_keys(file)
    assert said in str(told.value)
