"""What a device is given: read back whole, refused when it is another's, damaged or open to everyone, never shown."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from wire import trust as trust_module
from wire.errors import InvalidSetting
from wire.trust import DeviceTrust, read_trust, write_trust

SECRET = bytes(range(32, 64))
DEVICE_KEY = X25519PrivateKey.from_private_bytes(SECRET)
SIGNING_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SEALING_KEY = X25519PrivateKey.from_private_bytes(bytes(range(64, 96)))
SECRET_TEXT = base64.b64encode(SECRET).decode()

_FIELDS = ("space", "device", "secret_key", "hub_signing_key", "hub_sealing_key")


def _trust() -> DeviceTrust:
    return DeviceTrust(
        "wittenberge", "front-door", DEVICE_KEY, SIGNING_KEY.public_key(), SEALING_KEY.public_key()
    )


def _file(folder: Path, content: bytes | None = None, mode: int = 0o600) -> Path:
    path = folder / "trust.json"
    path.write_bytes(write_trust(_trust()) if content is None else content)
    path.chmod(mode)
    return path


def _changed(**other: Any) -> bytes:
    fields = {**json.loads(write_trust(_trust())), **other}
    return json.dumps({name: value for name, value in fields.items() if value is not None}).encode()


def _read(path: Path) -> DeviceTrust:
    return read_trust(path, "wittenberge", "front-door")


def _refusal(path: Path) -> str:
    with pytest.raises(InvalidSetting) as refusal:
        _read(path)
    assert refusal.value.__cause__ is None or isinstance(refusal.value.__cause__, OSError)
    for secret in (SECRET_TEXT, SECRET_TEXT[:12], SECRET.hex(), repr(SECRET)):
        assert secret not in str(refusal.value)
    return str(refusal.value)


def test_a_device_reads_what_the_hub_wrote_for_it(tmp_path: Path) -> None:
    read = _read(_file(tmp_path))
    assert (read.space, read.device) == ("wittenberge", "front-door")
    assert read.secret_key.private_bytes_raw() == SECRET
    assert read.hub_signing_key == SIGNING_KEY.public_key()
    assert read.hub_sealing_key == SEALING_KEY.public_key()


def test_the_file_of_this_version_stays_readable(tmp_path: Path) -> None:
    text = {
        "space": "wittenberge",
        "device": "front-door",
        "secret_key": "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=",
        "hub_signing_key": "A6EHv/POEL4dcN0Y50vAmWfk1jCboQ1fHdyGZBJVMbg=",
        "hub_sealing_key": "ZLEBsdC+WoJvEcKlQUgn2sFuiPkOFkWXmmQuq8E+o1A=",
    }
    written = json.loads(write_trust(_trust()))
    assert list(written) == list(_FIELDS)
    assert {**written, "hub_signing_key": "", "hub_sealing_key": ""} == {
        **text,
        "hub_signing_key": "",
        "hub_sealing_key": "",
    }
    assert _read(_file(tmp_path, json.dumps(text).encode())).secret_key.private_bytes_raw() == SECRET


def test_white_space_around_and_fields_of_a_newer_hub_do_no_harm(tmp_path: Path) -> None:
    content = b"\n" + _changed(expires_us=1, notes=["a"]) + b"\r\n"
    assert _read(_file(tmp_path, content)).device == "front-door"


@pytest.mark.parametrize(
    ("space", "device"),
    [("wittenberge", "back-door"), ("moelln", "front-door"), ("front-door", "wittenberge")],
)
def test_a_file_of_another_device_is_refused_with_both_names(tmp_path: Path, space: str, device: str) -> None:
    with pytest.raises(
        InvalidSetting,
        match=f"is for wittenberge/front-door, but this device is {space}/{device}: take the file",
    ):
        read_trust(_file(tmp_path), space, device)


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o644, 0o666, 0o777])
def test_a_file_that_everyone_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    assert "is open to everyone on this machine: chmod 0600" in _refusal(_file(tmp_path, mode=mode))


def test_a_missing_file_is_refused_with_its_name(tmp_path: Path) -> None:
    assert "nowhere.json" in _refusal(tmp_path / "nowhere.json")


_SHORT = base64.b64encode(SECRET[:-1]).decode()
_LONG = base64.b64encode(SECRET + b"x").decode()
_DAMAGED: dict[str, bytes] = {
    "no JSON": SECRET_TEXT.encode(),
    "a list": b"[" + _changed() + b"]",
    "twice": _changed() * 2,
    "bad UTF-8": _changed().replace(b"front", b"fr\xffnt"),
    "a key that is too short": _changed(secret_key=_SHORT),
    "a key that is too long": _changed(secret_key=_LONG),
    "31 bytes in 44 characters": _changed(secret_key=base64.b64encode(SECRET[:31]).decode()),
    "a public key that is too short": _changed(hub_signing_key=_SHORT),
    "a sealing key that is too long": _changed(hub_sealing_key=_LONG),
    "hex": _changed(secret_key=SECRET.hex()),
    "44 characters that are not base64": _changed(secret_key="!" + SECRET_TEXT[1:]),
    "base64 for addresses": _changed(secret_key="-_" + SECRET_TEXT[2:]),
    "a line feed in a key": _changed(secret_key=SECRET_TEXT[:-1] + "\n"),
    "an umlaut in a key": _changed(secret_key="ä" + SECRET_TEXT[1:]),
    "a key as a list": _changed(secret_key=list(SECRET)),
    "a wildcard": _changed(device="+"),
    "a path": _changed(space="../.."),
    "a nesting without end": _changed()[:-1] + b',"z":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    **{f"no {field}": _changed(**{field: None}) for field in _FIELDS},
}


@pytest.mark.parametrize("label", _DAMAGED)
def test_a_damaged_file_is_refused_with_the_remedy_and_without_a_key(tmp_path: Path, label: str) -> None:
    path = _file(tmp_path, _DAMAGED[label])
    assert f"{path} is no file of `ankerort-hub device add`, or was damaged" in _refusal(path)


def test_a_file_that_was_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    whole = write_trust(_trust())
    for length in range(len(whole.rstrip())):
        _refusal(_file(tmp_path, whole[:length]))


def test_neither_the_keys_nor_the_file_show_themselves(tmp_path: Path) -> None:
    read = _read(_file(tmp_path))
    raw = trust_module._TrustFile(**json.loads(write_trust(_trust())))
    for text in (repr(read), str(read), f"{read}", repr(raw), str(raw)):
        for secret in (SECRET_TEXT, SECRET.hex(), repr(SECRET)):
            assert secret not in text
