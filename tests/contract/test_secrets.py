"""Secrets stand in files of their own, which not everyone may read, and no event shows its card in a log line."""

import json
from pathlib import Path

import pytest

from tests.contract.golden import CREDENTIAL, MESSAGES, payload_of
from wire.errors import InvalidSetting, UnreadableEvent
from wire.settings import MAX_SECRET_BYTES, read_secret, read_secret_text


def _secret(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o440, 0o660])
def test_a_secret_is_read_when_not_everyone_may(tmp_path: Path, mode: int) -> None:
    assert read_secret(_secret(tmp_path, b"s3cret", mode)) == b"s3cret"


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o601, 0o644, 0o777])
def test_a_secret_that_everyone_may_use_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = _secret(tmp_path, b"s3cret", mode)
    with pytest.raises(
        InvalidSetting, match=f"is open to everyone on this machine: chmod 0600 {path}"
    ) as refusal:
        read_secret(path)
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize("content", [b"s3cret\n", b"  s3cret\r\n", b"s3cret"])
def test_white_space_around_a_secret_is_left_out(tmp_path: Path, content: bytes) -> None:
    assert read_secret(_secret(tmp_path, content)) == b"s3cret"


@pytest.mark.parametrize("content", [b"", b"\n", b"  \r\n\t"])
def test_an_empty_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidSetting, match="is empty: write the secret into it"):
        read_secret(_secret(tmp_path, content))


@pytest.mark.parametrize("size", [MAX_SECRET_BYTES - 1, MAX_SECRET_BYTES])
def test_a_secret_is_read_up_to_its_limit(tmp_path: Path, size: int) -> None:
    assert len(read_secret(_secret(tmp_path, b"x" * size))) == size


def test_a_secret_over_its_limit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="is over 65536 bytes: it is not the secret"):
        read_secret(_secret(tmp_path, b"x" * (MAX_SECRET_BYTES + 1)))


def test_a_missing_secret_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="No such file or directory; create it with mode 0600"):
        read_secret(tmp_path / "nowhere")


def test_a_folder_is_no_secret(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="Is a directory"):
        read_secret(tmp_path)


def test_a_secret_that_is_no_text_is_refused_without_being_shown(tmp_path: Path) -> None:
    assert read_secret_text(_secret(tmp_path, "Schlüssel\n".encode())) == "Schlüssel"
    with pytest.raises(InvalidSetting, match="is not UTF-8") as refused:
        read_secret_text(_secret(tmp_path, b"s3cret\xff"))
    assert "s3cret" not in str(refused.value)
    assert refused.value.__cause__ is None


_WITH_A_CARD = [name for name in MESSAGES if CREDENTIAL.digits.encode() in payload_of(name)]


def test_the_events_that_name_a_card_are_those_of_readers_and_doors() -> None:
    assert {type(MESSAGES[name].message).__name__ for name in _WITH_A_CARD} == {
        "CardRead",
        "AccessDecided",
        "DoorChanged",
    }


@pytest.mark.parametrize("name", _WITH_A_CARD)
def test_an_event_that_names_a_card_does_not_show_it_in_a_log_line(name: str) -> None:
    message = MESSAGES[name].message
    for text in (repr(message), str(message), f"{message}"):
        assert CREDENTIAL.digits[:8] not in text
        assert "CredentialId(…)" in text


@pytest.mark.parametrize("name", _WITH_A_CARD)
def test_the_refusal_of_an_event_that_names_a_card_does_not_show_it(name: str) -> None:
    fields = json.loads(payload_of(name))
    for field in fields:
        for value in (fields["credential"], fields["credential"].upper(), [fields["credential"]]):
            assert CREDENTIAL.digits[:8] not in _said_of(name, {**fields, field: value}).lower()


def _said_of(name: str, fields: dict[str, object]) -> str:
    try:
        return repr(MESSAGES[name].decoded(json.dumps(fields).encode()))
    except UnreadableEvent as refusal:
        return str(refusal)
