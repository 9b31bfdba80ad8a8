"""MIFARE DESFire EV2 and EV3: selecting, our application and its one file.

Other applications on the card are never listed, changed or erased.
"""

from typing import Final

from device.cards.apdu import Transmit, frame
from device.cards.commands import (
    ACCESS,
    COMM_FULL,
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
from device.cards.errors import CannotPersonalise, CardRefuses, WhyNot
from device.cards.secure_messaging import Session
from device.cards.version import Version, get_version
from wire.card_keys import (
    APPLICATION_BYTES,
    CREDENTIAL_ID_BYTES,
    DESFIRE_APPLICATION,
    DESFIRE_FILE,
    DESFIRE_KEY_NUMBERS,
    PICC_APPLICATION,
)

__all__ = [
    "APPLICATION_NOT_FOUND",
    "change_file_settings",
    "change_key",
    "check_model",
    "create_application",
    "create_file",
    "get_file_settings",
    "get_version",
    "has_file",
    "read_credential_id",
    "read_data",
    "select_application",
    "select_card",
    "settings_hold",
    "write_credential_id",
    "write_data",
]

_SELECT: Final = 0x5A
_CREATE_APPLICATION: Final = 0xCA
_CREATE_STANDARD_FILE: Final = 0xCD
_GET_FILE_IDS: Final = 0x6F

# Key settings (DESFire EV2 data sheet, table "KeySett1"): every key is changed with key 0, nothing is done or listed
# without it, and both these settings and key 0 may change later.
_SETTINGS_1: Final = 0x09
_AES_KEYS: Final = 0x80
_SIZE: Final = CREDENTIAL_ID_BYTES.to_bytes(3, "little")

_OUT_OF_MEMORY, _COUNT_ERROR = 0x910E, 0x91CE
APPLICATION_NOT_FOUND: Final = 0x91A0


def select_card(transmit: Transmit) -> None:
    """Select the card itself (PICC level), where its master key is; ends any session.

    Raises:
        CardRefuses: when it is no DESFire card.
        ProtocolViolation: when the answer is none.
    """
    select_application(transmit, PICC_APPLICATION)


def select_application(transmit: Transmit, application: bytes = DESFIRE_APPLICATION) -> None:
    """Select an application; ends any session.

    Args:
        transmit: to the card.
        application: 3 bytes, least significant first.

    Raises:
        CardRefuses: `APPLICATION_NOT_FOUND` when the card has it not.
        ProtocolViolation: when the answer is none.
        ValueError: when the id has another length.
    """
    if len(application) != APPLICATION_BYTES:
        raise ValueError(f"an application id has {APPLICATION_BYTES} bytes, not {len(application)}")
    frame(transmit, _SELECT, application)


def check_model(version: Version, uid: bytes) -> None:
    """Refuse, in words, a card that is no DESFire EV2 or EV3, or another than the one meant.

    Args:
        version: as the card says.
        uid: of the card that is meant.

    Raises:
        CannotPersonalise: `too_old`, `wrong_kind` or `wrong_card`.
    """
    why_not: dict[str, WhyNot] = {"desfire_ev1": "too_old", "ntag424": "wrong_kind", "other": "wrong_kind"}
    if version.model in why_not:
        raise CannotPersonalise(why_not[version.model])
    if version.uid != uid:
        raise CannotPersonalise("wrong_card")


def create_application(session: Session, application: bytes = DESFIRE_APPLICATION) -> None:
    """Create an application with three AES keys, all of them zeros until changed.

    Args:
        session: with the card's master key.
        application: 3 bytes, least significant first.

    Raises:
        CannotPersonalise: `no_space`.
        CardError: as `Session.mac`.
    """
    settings = bytes([_SETTINGS_1, _AES_KEYS | len(DESFIRE_KEY_NUMBERS)])
    _create(session, _CREATE_APPLICATION, application + settings)


def create_file(session: Session, file_no: int = DESFIRE_FILE) -> None:
    """Create the file for the credential id: CommMode.FULL, read with key 1, written with key 2, 16 zeros.

    Args:
        session: with the application's master key.
        file_no: 0 to 31.

    Raises:
        CannotPersonalise: `no_space`.
        CardError: as `Session.mac`.
    """
    _create(session, _CREATE_STANDARD_FILE, bytes([file_no, COMM_FULL]) + ACCESS + _SIZE)


def has_file(session: Session, file_no: int = DESFIRE_FILE) -> bool:
    """Return whether the selected application has a file.

    Raises:
        CardError: as `Session.mac`.
    """
    return file_no in session.mac(_GET_FILE_IDS)


def settings_hold(session: Session, file_no: int = DESFIRE_FILE) -> bool:
    """Return whether the file with the credential id has the mode and rights that it must have.

    Raises:
        CannotPersonalise: `file_differs` when it has another type or size, which no command changes.
        CardError: as `Session.mac`.
    """
    settings = get_file_settings(session, file_no)
    if settings[0] != STANDARD_FILE or settings[4:7] != _SIZE:
        raise CannotPersonalise("file_differs")
    return settings[1:4] == SETTINGS


def _create(session: Session, instruction: int, header: bytes) -> None:
    try:
        session.mac(instruction, header)
    except CardRefuses as refused:
        if refused.status in {_OUT_OF_MEMORY, _COUNT_ERROR}:
            raise CannotPersonalise("no_space") from None
        raise
