"""What virtual DESFire and NTAG 424 cards have in common: EV2 authentication, keys and data files.

Written from the card's side of the data sheets (NT4H2421Gx, MF2DLHX0, AN12196) and free of the product's code, so that
a mistake in the reader can't hide behind the same mistake here.
"""

import os
from abc import ABC, abstractmethod
from typing import Self

from tests.parts.card_ciphers import AES_BLOCK, aes_decrypt, aes_encrypt, crc32, rotate_left, xor
from tests.parts.card_frames import FramedCard, More, Random, Reply, chunks
from tests.parts.card_memory import AES_TYPE, FREE_ACCESS, NO_ACCESS, Application, DataFile, Key
from tests.parts.card_sessions import CardError, Ev2Session, Mode, Status

_LEGACY_CHUNK = 59  # a native frame of 60 bytes less the status
_SHORT_APDU = 256


class NativeCard(FramedCard, ABC):
    """A chip with keys and files. With a real reader: `VirtualCard(pcscd, card.uid, …)`; see `FramedCard`."""

    def __init__(self, uid: bytes, *, rng: Random = os.urandom) -> None:
        """Make a card as it leaves the factory.

        Args:
            uid: 7 bytes.
            rng: where its challenges come from.
        """
        super().__init__(uid, rng=rng)
        self._commands |= {
            0x51: self._get_card_uid,
            0x5F: self._change_file_settings,
            0x60: self._get_version,
            0x64: self._get_key_version,
            0x71: self._authenticate_ev2_first,
            0x77: self._authenticate_ev2_non_first,
            0x8D: self._write_data,
            0xAD: self._read_data,
            0xC4: self._change_key,
            0xF5: self._get_file_settings,
        }

    # --- What tests do to a card ---

    def with_wrong_key(self) -> Self:
        """Return a twin with all that this one holds, but with other keys."""
        twin = self.twin()
        for application in twin.all_applications().values():
            for key in application.keys:
                key.value = self._unknown_key()
        return twin

    def clone_uid(self) -> Self:
        """Return what an attacker can make without keys: this UID and layout, unknown keys, nothing in the files."""
        clone = self.with_wrong_key()
        for application in clone.all_applications().values():
            for file in application.files.values():
                file.data[:] = bytes(len(file.data))
        return clone

    def default_keys(self) -> list[str]:
        """Return the names of all keys that are still those of the factory."""
        return [
            f"{name} key {number}"
            for name, application in self.all_applications().items()
            for number, key in enumerate(application.keys)
            if key.is_default
        ]

    def _unknown_key(self) -> bytes:
        return os.urandom(AES_BLOCK)

    @abstractmethod
    def twin(self) -> Self:
        """Return a card of its own with the same UID and memory."""

    @abstractmethod
    def all_applications(self) -> dict[str, Application]:
        """Return every holder of keys by the name that `default_keys` gives it."""

    # --- Applications ---

    @abstractmethod
    def _application(self) -> Application:
        """Return what is selected, or refuse."""

    def _key(self, number: int) -> Key:
        keys = self._application().keys
        if number >= len(keys):
            raise CardError(Status.NO_SUCH_KEY)
        return keys[number]

    def _file(self, raw: bytes) -> DataFile:
        if not raw:
            raise CardError(Status.LENGTH)
        file = self._application().files.get(raw[0])
        if file is None:
            raise CardError(Status.FILE_NOT_FOUND)
        return file

    # --- Authentication (NT4H2421Gx 9.1.5 and 9.1.6) ---

    def _authenticate_ev2_first(self, _ins: int, data: bytes) -> Reply:
        self._forget()
        if len(data) < 2 or len(data) != 2 + data[1] or data[1] > 6:
            raise CardError(Status.LENGTH)
        capabilities = data[2:].ljust(6, b"\x00")
        return self._challenge(data[0], None, capabilities)

    def _authenticate_ev2_non_first(self, _ins: int, data: bytes) -> Reply:
        session = self.session
        self._forget()
        if len(data) != 1:
            raise CardError(Status.LENGTH)
        if not isinstance(session, Ev2Session):
            raise CardError(Status.PERMISSION_DENIED)
        return self._challenge(data[0], session, b"")

    def _challenge(self, key_no: int, running: Ev2Session | None, capabilities: bytes) -> Reply:
        key = self._key(key_no)
        if key.type != AES_TYPE:
            raise CardError(Status.AUTHENTICATION)
        rnd_b = self.rng(AES_BLOCK)

        def respond(data: bytes) -> Reply:
            if len(data) != 2 * AES_BLOCK:
                raise CardError(Status.LENGTH)
            both = aes_decrypt(key.value, data)
            rnd_a = both[:AES_BLOCK]
            if both[AES_BLOCK:] != rotate_left(rnd_b):
                raise CardError(Status.AUTHENTICATION)
            if running is None:
                ti, counter = self.rng(4), 0
                proof = ti + rotate_left(rnd_a) + bytes(6) + capabilities
            else:
                ti, counter = running.ti, running.command_counter
                proof = rotate_left(rnd_a)
            self.session = Ev2Session.derive(key_no, key.value, rnd_a, rnd_b, ti, counter)
            return aes_encrypt(key.value, proof)

        return More(aes_encrypt(key.value, rnd_b), respond)

    # --- Keys ---

    def _get_key_version(self, ins: int, raw: bytes) -> Reply:
        data = self._open(ins, raw, header=1)
        return self._close(bytes([self._key(data[0]).version]))

    def _check_key_change(self, number: int) -> None:
        """Refuse unless the session may change this key."""
        self._require_session(0)

    def _new_key_type(self, _key_byte: int) -> int:
        return AES_TYPE

    def _key_number(self, key_byte: int) -> int:
        return key_byte

    def _change_key(self, ins: int, raw: bytes) -> Reply:
        if not raw:
            raise CardError(Status.LENGTH)
        number, new_type = self._key_number(raw[0]), self._new_key_type(raw[0])
        key = self._key(number)
        self._check_key_change(number)
        assert self.session is not None
        is_own = number == self.session.key_no
        versioned = 1 if new_type == AES_TYPE else 0
        length = AES_BLOCK + versioned + (0 if is_own else 4)
        data = self._open(ins, raw, header=1, length=length, mode=Mode.FULL)[1:]
        value = data[:AES_BLOCK]
        if not is_own:
            value = xor(value, key.value)
            if data[AES_BLOCK + versioned :] != crc32(value):
                raise CardError(Status.INTEGRITY)
        version = (
            data[AES_BLOCK] if versioned else sum((byte & 1) << 7 - n for n, byte in enumerate(value[:8]))
        )
        key.value, key.version, key.type = value, version, new_type
        if is_own:
            # The session's key is gone, so there is nothing to sign the answer with (AN12196 table 27).
            self._forget()
            return b""
        return self._close()

    # --- What the chip says about itself ---

    @abstractmethod
    def _version(self) -> tuple[bytes, bytes, bytes]:
        """Return the frames on hardware, software and production."""

    def _get_version(self, ins: int, raw: bytes) -> Reply:
        self._open(ins, raw, header=0)
        hardware, software, production = self._version()
        answer = self._close(hardware + software + production)
        return chunks(answer, len(hardware), len(software), len(answer))

    def _get_card_uid(self, ins: int, raw: bytes) -> Reply:
        self._require_session()
        self._open(ins, raw, header=0)
        return self._close(self.uid, Mode.FULL)

    # --- Files ---

    @abstractmethod
    def _check_directory_access(self) -> None:
        """Refuse when the settings of files are not for everybody."""

    def _get_file_settings(self, ins: int, raw: bytes) -> Reply:
        self._check_directory_access()
        data = self._open(ins, raw, header=1)
        file = self._file(data)
        return self._close(
            bytes([0, file.option])
            + file.rights.to_bytes(2, "little")
            + len(file.data).to_bytes(3, "little")
            + file.sdm
        )

    def _change_file_settings(self, ins: int, raw: bytes) -> Reply:
        file = self._file(raw)
        if file.change == NO_ACCESS:
            raise CardError(Status.PERMISSION_DENIED)
        mode = Mode.PLAIN if file.change == FREE_ACCESS else Mode.FULL
        if mode is Mode.FULL:
            self._require_session(file.change)
        data = self._open(ins, raw, header=1, length=None, mode=mode)[1:]
        if len(data) < 3:
            raise CardError(Status.LENGTH)
        option, rights, sdm = data[0], int.from_bytes(data[1:3], "little"), data[3:]
        self._check_settings(option, rights, sdm)
        file.option, file.rights, file.sdm = option, rights, sdm
        return self._close(mode=Mode.PLAIN if mode is Mode.PLAIN else Mode.MAC)

    def _check_settings(self, option: int, rights: int, sdm: bytes) -> None:
        """Refuse settings that this chip doesn't know."""
        if sdm:
            raise CardError(Status.LENGTH)
        if option not in {0, 1, 2, 3}:
            raise CardError(Status.PARAMETER)
        self._check_rights(rights)

    def _check_rights(self, rights: int) -> None:
        count = len(self._application().keys)
        if any(count <= rights >> shift & 0xF < FREE_ACCESS for shift in (0, 4, 8, 12)):
            raise CardError(Status.PARAMETER)

    def _access(self, file: DataFile, *rights: int) -> Mode:
        """Return how a file is transmitted under one of these rights, or refuse."""
        if all(right == NO_ACCESS for right in rights):
            raise CardError(Status.PERMISSION_DENIED)
        if self.session is not None and self.session.key_no in rights:
            return file.mode
        if FREE_ACCESS in rights:
            return Mode.PLAIN
        raise CardError(Status.AUTHENTICATION)

    def _read_data(self, ins: int, raw: bytes) -> Reply:
        return chunks(self._read(ins, raw), _SHORT_APDU)

    def _read_data_legacy(self, ins: int, raw: bytes) -> Reply:
        return chunks(self._read(ins, raw), _LEGACY_CHUNK)

    def _read(self, ins: int, raw: bytes) -> bytes:
        file = self._file(raw)
        mode = self._access(file, file.read, file.read_write)
        # A reading command has no data to encrypt, so in FULL mode too it is only signed.
        data = self._open(ins, raw, header=7, mode=mode)
        offset, length = int.from_bytes(data[1:4], "little"), int.from_bytes(data[4:7], "little")
        length = length or len(file.data) - offset
        if length <= 0 or offset + length > len(file.data):
            raise CardError(Status.BOUNDARY)
        return self._close(bytes(file.data[offset : offset + length]), mode)

    def _write_data(self, ins: int, raw: bytes) -> Reply:
        file = self._file(raw)
        mode = self._access(file, file.write, file.read_write)
        data = self._open(ins, raw, header=7, length=None, mode=mode)
        if len(data) < 7:
            raise CardError(Status.LENGTH)
        offset, length = int.from_bytes(data[1:4], "little"), int.from_bytes(data[4:7], "little")
        content = data[7:]
        if len(content) != length or length == 0:
            raise CardError(Status.LENGTH)
        if offset + length > len(file.data):
            raise CardError(Status.BOUNDARY)
        file.data[offset : offset + length] = content
        return self._close(mode=Mode.PLAIN if mode is Mode.PLAIN else Mode.MAC)

    def _write_data_legacy(self, ins: int, raw: bytes) -> Reply:
        """Take the frames of a long write together: the first one's header says how long it will be."""
        file = self._file(raw)
        if len(raw) < 7:
            raise CardError(Status.LENGTH)
        mode = self._access(file, file.write, file.read_write)
        length = int.from_bytes(raw[4:7], "little")
        if mode is Mode.FULL:
            length += AES_BLOCK - length % AES_BLOCK
        expected = 7 + length + (0 if mode is Mode.PLAIN or self.session is None else 8)
        if len(raw) >= expected:
            return self._write_data(ins, raw)
        return More(b"", lambda data: self._write_data_legacy(ins, raw + data))
