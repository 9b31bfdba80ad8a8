"""NTAG 424 DNA: selecting, its proprietary file, and the signed address (SUN) that a phone opens.

A signed address says that the tag was there once: good for a check-in with one's own phone, never for a door.
"""

import hmac
from dataclasses import dataclass, field
from typing import Final

from device.cards.apdu import Transmit, select_by_name
from device.cards.ciphers import BLOCK_BYTES, MAC_BYTES, aes_cmac, decrypt, truncated
from device.cards.commands import (
    SETTINGS,
    STANDARD_FILE,
    change_file_settings,
    change_key,
    get_file_settings,
    read_credential_id,
    read_data,
    write_credential_id,
    write_data,
)
from device.cards.errors import CannotPersonalise, NotAuthentic, Replayed
from device.cards.secure_messaging import Session
from device.cards.version import Version, get_version
from wire.card_keys import CREDENTIAL_ID_BYTES, KEY_BYTES, NTAG424_DF_NAME, NTAG424_FILE, UID_BYTES

__all__ = [
    "Sun",
    "change_file_settings",
    "change_key",
    "check_model",
    "get_file_settings",
    "get_version",
    "read_credential_id",
    "read_data",
    "select",
    "settings_hold",
    "verify_sun",
    "write_credential_id",
    "write_data",
]

_SV2: Final = bytes.fromhex("3CC300010080")
# UID (bit 7) and counter (bit 6) are both there, and the UID has 7 bytes (low digit).
_UID_AND_COUNTER: Final = b"\xc7"
_COUNTER_BYTES: Final = 3


@dataclass(frozen=True, slots=True)
class Sun:
    """What a signed address proves.

    Args:
        uid: of the tag, 7 bytes.
        counter: how often it was read, 0 to 16777215.
    """

    uid: bytes = field(repr=False)
    counter: int


def select(transmit: Transmit) -> None:
    """Select the tag's only application; ends any session.

    Raises:
        CardRefuses: when it is no NTAG 424.
        ProtocolViolation: when the answer is none.
    """
    select_by_name(transmit, NTAG424_DF_NAME)


def check_model(version: Version, uid: bytes) -> None:
    """Refuse, in words, a card that is no NTAG 424 DNA, or another than the one meant.

    Args:
        version: as the card says.
        uid: of the card that is meant.

    Raises:
        CannotPersonalise: `wrong_kind` or `wrong_card`.
    """
    if version.model != "ntag424":
        raise CannotPersonalise("wrong_kind")
    if version.uid != uid:
        raise CannotPersonalise("wrong_card")


def settings_hold(session: Session, file_no: int = NTAG424_FILE) -> bool:
    """Return whether the proprietary file has the mode and rights that it must have.

    Raises:
        CannotPersonalise: `file_differs` when it is no file that takes a credential id.
        CardError: as `Session.mac`.
    """
    settings = get_file_settings(session, file_no)
    if settings[0] != STANDARD_FILE or int.from_bytes(settings[4:7], "little") < CREDENTIAL_ID_BYTES:
        raise CannotPersonalise("file_differs")
    return settings[1:4] == SETTINGS


def verify_sun(
    meta_key: bytes,
    file_key: bytes,
    picc_data: bytes,
    mac: bytes,
    mac_input: bytes = b"",
    *,
    last_counter: int | None = None,
) -> Sun:
    """Verify a signed address (AN12196 tables 2 and 4: decryption of PICCData, session key from SV2, MAC).

    Args:
        meta_key, file_key: keys 3 and 4 of the tag, 16 bytes each.
        picc_data: the encrypted part, 16 bytes.
        mac: the MAC, 8 bytes.
        mac_input: what the MAC is over: the bytes of the address between the tag's two offsets, often none.
        last_counter: highest counter that was accepted from this tag; None when there was none.

    Raises:
        NotAuthentic: when it does not decrypt to a UID and a counter, or the MAC is wrong.
        Replayed: when the counter is not above the last one.
        ValueError: when a key has another length.
    """
    if len(meta_key) != KEY_BYTES or len(file_key) != KEY_BYTES:
        raise ValueError(f"the keys of a signed address have {KEY_BYTES} bytes each")
    if len(picc_data) != BLOCK_BYTES or len(mac) != MAC_BYTES:
        raise NotAuthentic("a signed address is cut off")
    plain = decrypt(meta_key, picc_data)
    uid_and_counter = plain[1 : 1 + UID_BYTES + _COUNTER_BYTES]
    expected = truncated(aes_cmac(aes_cmac(file_key, _SV2 + uid_and_counter), mac_input))
    # Both are looked at, whatever the first says: the time tells nothing.
    is_right = hmac.compare_digest(expected, mac) & hmac.compare_digest(plain[:1], _UID_AND_COUNTER)
    if not is_right:
        raise NotAuthentic("a signed address is not the tag's")
    counter = int.from_bytes(uid_and_counter[UID_BYTES:], "little")
    if last_counter is not None and counter <= last_counter:
        raise Replayed("a signed address was used before")
    return Sun(uid_and_counter[:UID_BYTES], counter)
