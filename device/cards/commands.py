"""Commands that DESFire EV2, EV3 and NTAG 424 DNA have alike, in an authenticated session.

Offsets, lengths and access rights are sent least significant byte first.
"""

from typing import Final

from device.cards.errors import ProtocolViolation
from device.cards.keys import KEY_VERSION, checksum
from device.cards.secure_messaging import Session
from wire.card_keys import CREDENTIAL_ID_BYTES, KEY_BYTES, MASTER_KEY, READ_KEY, WRITE_KEY

READ_DATA: Final = 0xAD
WRITE_DATA: Final = 0x8D
CHANGE_KEY: Final = 0xC4
CHANGE_FILE_SETTINGS: Final = 0x5F
GET_FILE_SETTINGS: Final = 0xF5

STANDARD_FILE: Final = 0x00
COMM_FULL: Final = 0x03
_NOBODY: Final = 0xF

ACCESS: Final = bytes([_NOBODY << 4 | MASTER_KEY, READ_KEY << 4 | WRITE_KEY])
"""Rights of the file with the credential id: read-and-write nobody, settings key 0; read key 1, write key 2."""
SETTINGS: Final = bytes([COMM_FULL]) + ACCESS
"""How the file with the credential id must be: CommMode.FULL and `ACCESS`."""

_CARD_KEY_IS_AES: Final = 0x80


def read_data(session: Session, file_no: int, length: int, offset: int = 0) -> bytes:
    """Read from a file in CommMode.FULL.

    Args:
        session: with a key that may read.
        file_no: 0 to 31.
        length: bytes, 1 to 200: one answer.
        offset: bytes from the beginning of the file.

    Returns:
        Exactly `length` bytes.

    Raises:
        ProtocolViolation: when the card gives another number of bytes.
        CardError: as `Session.full`.
    """
    data = session.full(READ_DATA, bytes([file_no]) + _three(offset) + _three(length))
    if len(data) != length:
        raise ProtocolViolation(f"{len(data)} bytes came where {length} were asked for")
    return data


def write_data(session: Session, file_no: int, data: bytes, offset: int = 0) -> None:
    """Write to a file in CommMode.FULL (AN12196 table 17).

    Args:
        session: with a key that may write.
        file_no: 0 to 31.
        data: 1 to 223 bytes: one frame.
        offset: bytes from the beginning of the file.

    Raises:
        CardError: as `Session.full`.
        ValueError: when the data is too long for one frame.
    """
    session.full(WRITE_DATA, bytes([file_no]) + _three(offset) + _three(len(data)), data)


def read_credential_id(session: Session, file_no: int) -> bytes:
    """Read the credential id: then the identity itself is proven, not only the card.

    Args:
        session: with the read key.
        file_no: `DESFIRE_FILE` or `NTAG424_FILE`.

    Raises:
        CardError: as `read_data`.
    """
    return read_data(session, file_no, CREDENTIAL_ID_BYTES)


def write_credential_id(session: Session, file_no: int, credential_id: bytes) -> None:
    """Write the credential id.

    Args:
        session: with the write key.
        file_no: `DESFIRE_FILE` or `NTAG424_FILE`.
        credential_id: 16 bytes.

    Raises:
        CardError: as `write_data`.
        ValueError: when it has another length.
    """
    if len(credential_id) != CREDENTIAL_ID_BYTES:
        raise ValueError(f"a credential id has {CREDENTIAL_ID_BYTES} bytes, not {len(credential_id)}")
    write_data(session, file_no, credential_id)


def change_key(
    session: Session,
    key_no: int,
    new_key: bytes,
    old_key: bytes | None = None,
    *,
    version: int = KEY_VERSION,
    of_card: bool = False,
) -> None:
    """Change an AES key (AN12196 tables 26 and 27).

    The session's own key is sent as it is, and the session ends; another is sent as the difference to its old value,
    with a checksum of the new one.

    Args:
        session: with the key that may change it, number 0.
        key_no: 0 to 13.
        new_key: 16 bytes.
        old_key: what the key is now; for the session's own key nothing.
        version: byte that the card keeps with the key.
        of_card: whether it is the DESFire card's own master key, whose type is sent along.

    Raises:
        CardError: as `Session.full`.
        ValueError: when a key has another length, or the old one is missing.
    """
    if len(new_key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(new_key)}")
    header = bytes([key_no | _CARD_KEY_IS_AES if of_card else key_no])
    if key_no == session.key_no:
        session.full_at_last(CHANGE_KEY, header, new_key + bytes([version]))
        return
    if old_key is None or len(old_key) != KEY_BYTES:
        raise ValueError(
            f"to change a key other than the session's, its old value of {KEY_BYTES} bytes is needed"
        )
    difference = bytes(a ^ b for a, b in zip(new_key, old_key, strict=True))
    session.full(CHANGE_KEY, header, difference + bytes([version]) + checksum(new_key))


def get_file_settings(session: Session, file_no: int) -> bytes:
    """Return a file's settings as the card sends them: type, mode, rights (2), size (3) and more (AN12196 table 8).

    Raises:
        ProtocolViolation: when there are fewer than a standard file's 7 bytes.
        CardError: as `Session.mac`.
    """
    settings = session.mac(GET_FILE_SETTINGS, bytes([file_no]))
    if len(settings) < 7:
        raise ProtocolViolation(f"file settings of {len(settings)} bytes are none")
    return settings


def change_file_settings(session: Session, file_no: int, settings: bytes) -> None:
    """Change a file's mode and rights (AN12196 table 19).

    Args:
        session: with the key that may change them.
        file_no: 0 to 31.
        settings: mode, rights (2), and what an NTAG 424 takes for signed addresses.

    Raises:
        CardError: as `Session.full`.
    """
    session.full(CHANGE_FILE_SETTINGS, bytes([file_no]), settings)


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")
