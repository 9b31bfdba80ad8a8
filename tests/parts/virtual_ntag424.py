"""An NTAG 424 DNA made of software: the tag whose SUN messages members read with their phones."""

import os
from copy import deepcopy
from typing import NamedTuple, Self

from tests.parts.card_ciphers import AES_BLOCK, aes_cmac, aes_encrypt, aes_short_mac
from tests.parts.card_frames import Random
from tests.parts.card_memory import FREE_ACCESS, NO_ACCESS, Application, DataFile, Key
from tests.parts.card_sessions import CardError, Status
from tests.parts.native_card import NativeCard

APPLICATION_NAME = bytes.fromhex("D2760000850101")
CAPABILITY_FILE, NDEF_FILE, PROPRIETARY_FILE = 1, 2, 3
KEYS = 5

_CAPABILITIES = bytes.fromhex("001720010000FF0406E104010000000506E10500808283").ljust(32, b"\x00")
# GetVersion as AN12196 shows it; batch and date follow the UID.
_HARDWARE, _SOFTWARE = bytes.fromhex("04040230001105"), bytes.fromhex("04040201021105")
_BATCH = bytes.fromhex("CD65935D402118")
_SDM, _MIRROR_UID, _MIRROR_COUNTER, _LIMIT, _ENCRYPT = 0x40, 0x80, 0x40, 0x20, 0x10
_PICC_TAG = 0xC7  # UID of 7 bytes and counter are both in the data


class SunMessage(NamedTuple):
    """What a tag puts into the address that a phone opens."""

    picc_data: bytes
    mac: bytes
    counter: int


class VirtualNtag424(NativeCard):
    """A tag as it leaves the factory: five keys of zeros, the NDEF file free for everybody."""

    def __init__(self, uid: bytes, *, rng: Random = os.urandom) -> None:
        """Make a tag.

        Args:
            uid: 7 bytes.
            rng: where its challenges come from.
        """
        super().__init__(uid, rng=rng)
        # Rights and modes of NT4H2421Gx, table 69: read, write, both, change.
        files = {
            CAPABILITY_FILE: DataFile(0x00, 0xE000, bytearray(_CAPABILITIES)),
            NDEF_FILE: DataFile(0x00, 0xEEE0, bytearray(256)),
            PROPRIETARY_FILE: DataFile(0x03, 0x2330, bytearray(128)),
        }
        self.memory = Application([Key() for _ in range(KEYS)], 0, files)
        self.is_selected = False
        self.sun_counter = 0

    def all_applications(self) -> dict[str, Application]:
        """Return the one application."""
        return {"NTAG": self.memory}

    def twin(self) -> Self:
        """Return a tag of its own with the same UID and memory."""
        twin = type(self)(self.uid, rng=self.rng)
        twin.memory, twin.sun_counter = deepcopy(self.memory), self.sun_counter
        return twin

    def sun_message(
        self,
        counter: int | None = None,
        *,
        mac_input: bytes = b"",
        meta_key: bytes | None = None,
        file_key: bytes | None = None,
    ) -> SunMessage:
        """Return what a phone would read now (AN12196 chapter 3.4, NT4H2421Gx chapter 9.3).

        Args:
            counter: of readings; without it the tag's own goes one up.
            mac_input: the part of the address that the MAC is over.
            meta_key: 16 bytes; without it the key that the NDEF file's settings name, or key 0.
            file_key: the same for the MAC.
        """
        if counter is None:
            counter = self.sun_counter + 1
        self.sun_counter = counter
        sdm = self.memory.files[NDEF_FILE].sdm
        rights = int.from_bytes(sdm[1:3], "little")
        meta_key = meta_key or self.memory.keys[rights >> 12].value
        file_key = file_key or self.memory.keys[rights >> 8 & 0xF].value
        identity = self.uid + counter.to_bytes(3, "little")
        picc_data = aes_encrypt(meta_key, bytes([_PICC_TAG]) + identity + self.rng(AES_BLOCK - 11))
        session_key = aes_cmac(file_key, bytes.fromhex("3CC300010080") + identity)
        return SunMessage(picc_data, aes_short_mac(session_key, mac_input), counter)

    def _version(self) -> tuple[bytes, bytes, bytes]:
        return _HARDWARE, _SOFTWARE, self.uid + _BATCH

    def _deselect(self) -> None:
        super()._deselect()
        self.is_selected = False

    def _select_by_name(self, name: bytes) -> bool:
        self.is_selected = name == APPLICATION_NAME
        return self.is_selected

    def _application(self) -> Application:
        if not self.is_selected:
            raise CardError(Status.PERMISSION_DENIED)
        return self.memory

    def _check_key_change(self, number: int) -> None:
        self._require_session(0)

    def _check_directory_access(self) -> None:
        """Let everybody ask for the settings of files."""

    def _check_settings(self, option: int, rights: int, sdm: bytes) -> None:
        if not option & _SDM:
            super()._check_settings(option, rights, sdm)
            return
        super()._check_settings(option & ~_SDM, rights, b"")
        if len(sdm) < 3 or len(sdm) != 3 + 3 * _offsets(sdm[0], int.from_bytes(sdm[1:3], "little")):
            raise CardError(Status.LENGTH)


def _offsets(options: int, rights: int) -> int:
    """Return how many numbers of 3 bytes these options ask for (NT4H2421Gx table 70)."""
    meta, file = rights >> 12, rights >> 8 & 0xF
    count = 0
    if meta == FREE_ACCESS:
        count += bool(options & _MIRROR_UID) + bool(options & _MIRROR_COUNTER)
    elif meta != NO_ACCESS:
        count += 1
    if file != NO_ACCESS:
        count += 2
        count += 2 * bool(options & _ENCRYPT)
    return count + bool(options & _LIMIT)
