"""Keys, their file and the recovery sheet: nothing shows them, and nothing is lost with the machine."""

import copy
import json
import logging
import pickle
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.key_file import KeyFile, KeysInPlace, create_keys, load_keys, replace_keys, write_new
from hub.keys import MAX_GENERATIONS, Keys, NotOurs
from hub.recovery import read_sheet, write_sheet
from wire.card_keys import NTAG424_APPLICATION, card_key_message, diversify_aes128
from wire.errors import InvalidSetting

UID = bytes.fromhex("04112233445566")
PASSPHRASE = "korrekt pferd batterie"


@pytest.fixture(scope="module")
def keys() -> Keys:
    return Keys.new().rotated()


@pytest.fixture(scope="module")
def sheet(keys: Keys) -> str:
    return write_sheet(keys, PASSPHRASE, "2026-11-25")


def secrets_of(keys: Keys) -> list[bytes]:
    signing, sealing, custody, masters = keys.raw()
    return [signing, sealing, custody, *masters.values()]


def shows(text: str, keys: Keys) -> bool:
    """Say whether a text holds a key in any way in which bytes are written."""
    return any(secret.hex() in text.lower() or repr(secret)[2:-1] in text for secret in secrets_of(keys))


# -- keys ------------------------------------------------------------


def test_keys_never_show_themselves(keys: Keys, caplog: pytest.LogCaptureFixture) -> None:
    try:
        keys.open_uid(b"x" * 40)
    except NotOurs:
        logging.getLogger("test").exception("%s %r", keys, keys)
    assert not shows(caplog.text + repr(keys) + str(keys) + f"{keys}", keys)
    for write in (pickle.dumps, copy.deepcopy, copy.copy):
        with pytest.raises(TypeError, match="not pickled"):
            write(keys)


def test_wrong_keys_are_refused_without_being_shown() -> None:
    with pytest.raises(ValueError, match="length") as caught:
        Keys(
            signing=b"k" * 31,
            sealing=b"k" * 32,
            custody=b"k" * 32,
            system_id=b"s" * 6,
            masters={1: b"m" * 16},
        )
    assert "kkk" not in str(caught.value)
    with pytest.raises(ValueError, match="without a gap"):
        Keys(
            signing=b"k" * 32,
            sealing=b"k" * 32,
            custody=b"k" * 32,
            system_id=b"s" * 6,
            masters={2: b"m" * 16},
        )


def test_a_cards_number_opens_again_and_not_when_it_was_altered(keys: Keys) -> None:
    sealed = keys.seal_uid(UID)
    assert keys.open_uid(sealed) == UID
    assert keys.seal_uid(UID) != sealed, "the same number looks different each time"
    for wrong in (sealed[:-1], sealed[:5], b"", sealed[:-1] + bytes([sealed[-1] ^ 1])):
        with pytest.raises(NotOurs):
            keys.open_uid(wrong)
    with pytest.raises(NotOurs):
        Keys.new().open_uid(sealed)


def test_an_id_does_not_open_as_another_cards_or_as_a_number(keys: Keys) -> None:
    tag = keys.uid_tag(UID)
    sealed = keys.seal_id(b"i" * 16, tag)
    assert keys.open_id(sealed, tag) == b"i" * 16
    with pytest.raises(NotOurs):
        keys.open_id(sealed, keys.uid_tag(b"another"))
    with pytest.raises(NotOurs):
        keys.open_uid(sealed)


def test_card_keys_are_diversified_by_generation_number_card_and_kind(keys: Keys) -> None:
    masters = keys.raw()[3]
    message = card_key_message(UID, NTAG424_APPLICATION, keys.system_id, 1)
    assert keys.read_key(UID, "ntag424", 2) == diversify_aes128(masters[2], message)
    picc, ours = keys.card_keys(UID, "desfire", 1)
    every = [picc, *ours, *keys.card_keys(UID, "desfire", 2)[1], *keys.card_keys(UID, "ntag424", 1)[1]]
    assert len(set(every)) == len(every)


def test_each_device_and_each_trust_has_a_look_up_key_of_its_own(keys: Keys) -> None:
    made = {keys.lookup_key(*at) for at in (("a", "pi", 1), ("a", "pi", 2), ("b", "pi", 1), ("a", "pi-1", 1))}
    assert len(made) == 4


def test_signatures_are_the_hubs_alone(keys: Keys) -> None:
    signature = keys.sign(b"anchor")
    assert keys.is_signed(b"anchor", signature)
    assert not keys.is_signed(b"another", signature)
    assert not Keys.new().is_signed(b"anchor", signature)


def test_rotating_keeps_everything_and_ends_where_a_card_could_not_be_told(keys: Keys) -> None:
    made = Keys.new()
    for newest in range(2, MAX_GENERATIONS + 1):
        before, made = made, made.rotated()
        assert made.newest == newest
        assert made.raw()[:3] == before.raw()[:3]
        assert before.raw()[3].items() <= made.raw()[3].items()
    with pytest.raises(ValueError, match="9 generations already"):
        made.rotated()


# -- the key file ------------------------------------------------------------


def test_a_key_file_is_its_owners_alone_and_gives_the_keys_back(keys: Keys, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    create_keys(file, keys)
    assert file.stat().st_mode & 0o777 == 0o600
    assert load_keys(file).raw() == keys.raw()
    with pytest.raises(KeysInPlace):
        create_keys(file, Keys.new())


def test_a_key_file_that_others_may_read_is_not_used(keys: Keys, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    create_keys(file, keys)
    file.chmod(0o604)
    with pytest.raises(InvalidSetting, match="chmod 0600"):
        load_keys(file)


@given(st.binary(min_size=1, max_size=400).filter(lambda data: bool(data.strip())))
def test_a_damaged_key_file_is_told_without_its_content(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    file = tmp_path_factory.mktemp("keys") / "keys.json"
    write_new(file, data)
    with pytest.raises(InvalidSetting) as caught:
        load_keys(file)
    assert "is no key file" in str(caught.value)


@pytest.mark.parametrize("field", ["version", "system_id", "signing_key", "master_keys", "generation 1"])
def test_a_key_file_that_lacks_something_is_refused(keys: Keys, tmp_path: Path, field: str) -> None:
    file = tmp_path / "keys.json"
    create_keys(file, keys)
    content = json.loads(file.read_text())
    if field == "generation 1":
        del content["master_keys"]["1"]
    else:
        del content[field]
    file.write_text(json.dumps(content))
    with pytest.raises(InvalidSetting, match=r"is no key file .* `ankerort-hub keys recover`"):
        load_keys(file)


def test_a_key_file_that_comes_and_is_rotated_is_read_anew(tmp_path: Path) -> None:
    file, first = tmp_path / "keys.json", Keys.new()
    reader = KeyFile(file)
    assert reader.load() is None
    create_keys(file, first)
    found = reader.load()
    assert found is not None
    assert found.raw() == first.raw()
    assert reader.load() is found, "as long as the file is the same"
    replace_keys(file, first.rotated())
    again = reader.load()
    assert again is not None
    assert again.newest == 2
    file.unlink()
    assert reader.load() is None


def test_a_key_file_that_can_not_be_looked_at_is_no_missing_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InvalidSetting, match="Not a directory"):
        KeyFile(tmp_path / "file" / "keys.json").load()


def test_replacing_leaves_the_old_keys_when_there_is_no_room(
    keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "keys.json"
    create_keys(file, keys)

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(InvalidSetting, match="No space left"):
        replace_keys(file, keys.rotated())
    assert load_keys(file).raw() == keys.raw()
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]


# -- the recovery sheet ------------------------------------------------------------


def test_a_sheet_gives_all_keys_back(keys: Keys, sheet: str) -> None:
    assert read_sheet(sheet, PASSPHRASE).raw() == keys.raw()
    assert not shows(sheet, keys)
    assert max(map(len, sheet.splitlines())) <= 80, "it fits on paper"


def test_a_sheet_that_was_typed_in_from_paper_is_read_alike(keys: Keys, sheet: str) -> None:
    typed = re.sub(
        r"(?m)^( ?\d+: )(.*)$", lambda m: m[1] + m[2].lower().replace("0", "o").replace("1", "l"), sheet
    )
    assert typed != sheet
    typed = typed.replace("\n", "  \r\n")
    assert read_sheet("my notes\n" + typed, PASSPHRASE).raw() == keys.raw()


def test_a_mistyped_line_is_named(sheet: str) -> None:
    lines = sheet.splitlines()
    number = next(n for n, line in enumerate(lines) if line.startswith(" 3:"))
    wrong = lines[number]
    lines[number] = wrong[:5] + ("7" if wrong[5] != "7" else "8") + wrong[6:]
    with pytest.raises(InvalidSetting, match="line 3 of the recovery sheet is mistyped"):
        read_sheet("\n".join(lines), PASSPHRASE)
    del lines[number]
    with pytest.raises(InvalidSetting, match="line 4"):
        read_sheet("\n".join(lines), PASSPHRASE)


def test_a_sheet_without_its_last_line_does_not_open(sheet: str) -> None:
    lines = [line for line in sheet.splitlines() if line.strip()]
    with pytest.raises(InvalidSetting):
        read_sheet("\n".join([*lines[:-2], lines[-1]]), PASSPHRASE)


def test_another_passphrase_opens_nothing_and_is_not_repeated(sheet: str) -> None:
    with pytest.raises(InvalidSetting, match="passphrase is another one") as caught:
        read_sheet(sheet, "falsches pferd")
    assert "falsches" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "hello", "-----BEGIN ANKERORT RECOVERY SHEET-----\n 1: !!!\n"])
def test_what_is_no_sheet_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting, match="no recovery sheet"):
        read_sheet(text, PASSPHRASE)


def test_a_short_passphrase_is_refused(keys: Keys) -> None:
    with pytest.raises(InvalidSetting, match="12 characters"):
        write_sheet(keys, "elf zeichen", "2026-11-25")
