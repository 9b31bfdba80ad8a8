"""A DESFire EV2 or EV3 card made of software (EV1 too, which knows no EV2 authentication)."""

import os
from copy import deepcopy
from typing import Self

from tests.parts.card_ciphers import (
    DES_BLOCK,
    des_decrypt,
    des_encrypt,
    des_undo_send_mode,
    rotate_left,
)
from tests.parts.card_frames import More, Random, Reply, chunks
from tests.parts.card_memory import AES_TYPE, DES_TYPE, Application, DataFile, Key
from tests.parts.card_sessions import CardError, IsoDesSession, LegacyDesSession, Mode, Status
from tests.parts.native_card import NativeCard

MASTER = bytes(3)
# Key settings (MF2DLHX0 table 10, libfreefare's MDKS flags).
CHANGE_MASTER_KEY, FREE_LISTING, FREE_CREATION, CHANGEABLE_SETTINGS = 1, 2, 4, 8
FACTORY_SETTINGS = CHANGE_MASTER_KEY | FREE_LISTING | FREE_CREATION | CHANGEABLE_SETTINGS
SAME_KEY, FROZEN = 0xE, 0xF

_LAST_FILE = 0x1F
_CAPACITY = 8192
# Hardware and software version as dumps of real 8k cards show them.
_VERSIONS = {
    "ev1": ("0401010100 1A05", "0401010104 1A05"),
    "ev2": ("0401011200 1A05", "0401010201 1A05"),
    "ev3": ("0401013300 1A05", "0401010300 1A05"),
}
_BATCH = bytes.fromhex("BA54A4E05D 2221")
_UNKNOWN_TO_EV1 = (0x71, 0x77, 0x8D, 0xAD)


class VirtualDesfire(NativeCard):
    """A DESFire card as it leaves the factory: no application, a master key of DES zeros, settings 0x0F."""

    def __init__(self, uid: bytes, *, rng: Random = os.urandom, version: str = "ev2") -> None:
        """Make a card.

        Args:
            uid: 7 bytes.
            rng: where its challenges come from.
            version: "ev1", "ev2" or "ev3".
        """
        super().__init__(uid, rng=rng)
        self.version = version
        self.master = Application([Key(type=DES_TYPE)], FACTORY_SETTINGS)
        self.applications: dict[bytes, Application] = {}
        self.selected = MASTER
        self._commands |= {
            0x0A: self._authenticate_legacy,
            0x1A: self._authenticate_iso,
            0x3D: self._write_data_legacy,
            0x45: self._get_key_settings,
            0x54: self._change_key_settings,
            0x5A: self._select_application,
            0x6A: self._get_application_ids,
            0x6F: self._get_file_ids,
            0xBD: self._read_data_legacy,
            0xCA: self._create_application,
            0xCD: self._create_std_data_file,
            0xDA: self._delete_application,
        }
        if version == "ev1":
            for ins in _UNKNOWN_TO_EV1:
                del self._commands[ins]

    def all_applications(self) -> dict[str, Application]:
        """Return the card's own level and its applications."""
        named = {f"application {_name(aid)}": it for aid, it in self.applications.items()}
        return {"PICC": self.master, **named}

    def twin(self) -> Self:
        """Return a card of its own with the same UID and memory."""
        twin = type(self)(self.uid, rng=self.rng, version=self.version)
        twin.master, twin.applications = deepcopy(self.master), deepcopy(self.applications)
        return twin

    def _version(self) -> tuple[bytes, bytes, bytes]:
        hardware, software = _VERSIONS[self.version]
        return bytes.fromhex(hardware), bytes.fromhex(software), self.uid + _BATCH

    def _deselect(self) -> None:
        super()._deselect()
        self.selected = MASTER

    def _application(self) -> Application:
        return self.master if self._is_at_card_level else self.applications[self.selected]

    @property
    def _is_at_card_level(self) -> bool:
        return self.selected == MASTER

    # --- Authentication of the factory's master key ---

    def _des_key(self, data: bytes) -> tuple[int, bytes]:
        self._forget()
        if len(data) != 1:
            raise CardError(Status.LENGTH)
        key = self._key(data[0])
        if key.type != DES_TYPE:
            raise CardError(Status.AUTHENTICATION)
        value = key.value
        # Two equal halves are one DES key, and then the session's key is one too (libfreefare).
        return data[0], value[:DES_BLOCK] if value[:DES_BLOCK] == value[DES_BLOCK:] else value

    def _authenticate_iso(self, _ins: int, data: bytes) -> Reply:
        key_no, key = self._des_key(data)
        rnd_b = self.rng(DES_BLOCK)
        challenge = des_encrypt(key, rnd_b)

        def respond(token: bytes) -> Reply:
            if len(token) != 2 * DES_BLOCK:
                raise CardError(Status.LENGTH)
            # Unlike EV2's, these cryptograms are one chain.
            both = des_decrypt(key, token, challenge)
            rnd_a = _check_challenge(both, rnd_b)
            self.session = IsoDesSession(key_no, _session_key(key, rnd_a, rnd_b))
            return des_encrypt(key, rotate_left(rnd_a), token[-DES_BLOCK:])

        return More(challenge, respond)

    def _authenticate_legacy(self, _ins: int, data: bytes) -> Reply:
        key_no, key = self._des_key(data)
        rnd_b = self.rng(DES_BLOCK)

        def respond(token: bytes) -> Reply:
            if len(token) != 2 * DES_BLOCK:
                raise CardError(Status.LENGTH)
            rnd_a = _check_challenge(des_undo_send_mode(key, token), rnd_b)
            self.session = LegacyDesSession(key_no, _session_key(key, rnd_a, rnd_b))
            return des_encrypt(key, rotate_left(rnd_a))

        return More(des_encrypt(key, rnd_b), respond)

    # --- Keys and their settings ---

    def _key_number(self, key_byte: int) -> int:
        return key_byte & 0x3F if self._is_at_card_level else key_byte

    def _new_key_type(self, key_byte: int) -> int:
        # Only the card's own key may change its cipher; the application's was set when it was created.
        if not self._is_at_card_level:
            return AES_TYPE
        if key_byte & 0xC0 not in {AES_TYPE, DES_TYPE}:
            raise CardError(Status.PARAMETER)
        return key_byte & 0xC0

    def _check_key_change(self, number: int) -> None:
        self._require_session()
        assert self.session is not None
        settings = self._application().settings
        changer = settings >> 4
        if number == 0:
            if not settings & CHANGE_MASTER_KEY:
                raise CardError(Status.PERMISSION_DENIED)
            self._require_session(0)
        elif changer == FROZEN:
            raise CardError(Status.PERMISSION_DENIED)
        elif changer == SAME_KEY:
            self._require_session(number)
        else:
            # The key that changes others is itself changed by the master key.
            self._require_session(0 if number == changer else changer)

    def _get_key_settings(self, ins: int, raw: bytes) -> Reply:
        self._check_directory_access()
        self._open(ins, raw, header=0)
        application = self._application()
        count = len(application.keys) | application.keys[0].type
        return self._close(bytes([application.settings, count]))

    def _change_key_settings(self, ins: int, raw: bytes) -> Reply:
        self._require_session(0)
        application = self._application()
        if not application.settings & CHANGEABLE_SETTINGS:
            raise CardError(Status.PERMISSION_DENIED)
        data = self._open(ins, raw, header=0, length=1, mode=Mode.FULL)
        application.settings = data[0]
        return self._close()

    # --- Applications ---

    def _select_application(self, _ins: int, data: bytes) -> Reply:
        self._forget()
        if len(data) != 3:
            raise CardError(Status.LENGTH)
        if data != MASTER and data not in self.applications:
            raise CardError(Status.APPLICATION_NOT_FOUND)
        self.selected = data
        return b""

    def _check_directory_access(self) -> None:
        if not self._application().settings & FREE_LISTING:
            self._require_session(0)

    def _require_card_level(self) -> None:
        if not self._is_at_card_level:
            raise CardError(Status.PERMISSION_DENIED)

    def _get_application_ids(self, ins: int, raw: bytes) -> Reply:
        self._require_card_level()
        self._check_directory_access()
        self._open(ins, raw, header=0)
        return chunks(self._close(b"".join(self.applications)), 57)

    def _create_application(self, ins: int, raw: bytes) -> Reply:
        self._require_card_level()
        if not self.master.settings & FREE_CREATION:
            self._require_session(0)
        data = self._open(ins, raw, header=5)
        aid, settings, keys = data[:3], data[3], data[4]
        # AES only; no ISO names and no key sets, which nobody here asks for.
        if keys & 0xF0 != AES_TYPE or not 1 <= keys & 0x0F <= 14:
            raise CardError(Status.PARAMETER)
        if aid == MASTER or aid in self.applications:
            raise CardError(Status.DUPLICATE)
        self.applications[aid] = Application([Key() for _ in range(keys & 0x0F)], settings)
        return self._close()

    def _delete_application(self, ins: int, raw: bytes) -> Reply:
        self._require_card_level()
        self._require_session(0)
        aid = self._open(ins, raw, header=3)
        if aid not in self.applications:
            raise CardError(Status.APPLICATION_NOT_FOUND)
        del self.applications[aid]
        return self._close()

    # --- Files ---

    def _require_application(self) -> Application:
        if self._is_at_card_level:
            raise CardError(Status.PERMISSION_DENIED)
        return self._application()

    def _file(self, raw: bytes) -> DataFile:
        self._require_application()
        return super()._file(raw)

    def _create_std_data_file(self, ins: int, raw: bytes) -> Reply:
        application = self._require_application()
        if not application.settings & FREE_CREATION:
            self._require_session(0)
        data = self._open(ins, raw, header=7)
        number, option = data[0], data[1]
        rights, size = int.from_bytes(data[2:4], "little"), int.from_bytes(data[4:7], "little")
        self._check_settings(option, rights, b"")
        if number > _LAST_FILE or size == 0:
            raise CardError(Status.PARAMETER)
        if number in application.files:
            raise CardError(Status.DUPLICATE)
        used = sum(len(file.data) for it in self.applications.values() for file in it.files.values())
        if used + size > _CAPACITY:
            raise CardError(Status.OUT_OF_MEMORY)
        application.files[number] = DataFile(option, rights, bytearray(size))
        return self._close()

    def _get_file_ids(self, ins: int, raw: bytes) -> Reply:
        application = self._require_application()
        self._check_directory_access()
        self._open(ins, raw, header=0)
        return self._close(bytes(application.files))


def _name(aid: bytes) -> str:
    # On the wire an application's number comes with its last byte first.
    return aid[::-1].hex().upper()


def _check_challenge(both: bytes, rnd_b: bytes) -> bytes:
    if both[DES_BLOCK:] != rotate_left(rnd_b):
        raise CardError(Status.AUTHENTICATION)
    return both[:DES_BLOCK]


def _session_key(key: bytes, rnd_a: bytes, rnd_b: bytes) -> bytes:
    first = rnd_a[:4] + rnd_b[:4]
    return first if len(key) == DES_BLOCK else first + rnd_a[4:] + rnd_b[4:]
