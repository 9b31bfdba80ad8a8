"""What virtual DESFire and NTAG 424 cards have in common: framing, EV2 authentication, keys and data files.

Written from the card's side of the data sheets (NT4H2421Gx, MF2DLHX0, AN12196) and free of the product's code, so that
a mistake in the reader can't hide behind the same mistake here.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from tests.parts.card_ciphers import AES_BLOCK, aes_decrypt, aes_encrypt, crc32, rotate_left, xor
from tests.parts.card_sessions import CardError, Ev2Session, Mode, Session, Status
from tests.parts.virtual_card import CardPulled

NO_ACCESS, FREE_ACCESS = 0xF, 0xE
AES_TYPE, DES_TYPE = 0x80, 0x00

_NATIVE = 0x90
_ADDITIONAL_FRAME = 0xAF
_LEGACY_CHUNK = 59  # a native frame of 60 bytes less the status
_SHORT_APDU = 256

Random = Callable[[int], bytes]


def scripted_random(*values: bytes) -> Random:
    """Return a source that gives out these values in turn: a card's random numbers from a published example."""
    rest: Iterator[bytes] = iter(values)

    def give(length: int) -> bytes:
        value = next(rest)
        assert len(value) == length, f"the card asked for {length} random bytes, the script has {len(value)}"
        return value

    return give


@dataclass
class Key:
    """One key of an application: zeros when the chip leaves the factory."""

    value: bytes = bytes(AES_BLOCK)
    version: int = 0
    type: int = AES_TYPE

    @property
    def is_default(self) -> bool:
        """Whether anybody knows it."""
        return not any(self.value)


@dataclass
class DataFile:
    """A standard data file."""

    option: int
    rights: int
    data: bytearray
    sdm: bytes = b""  # what follows the rights in ChangeFileSettings when SUN messages are on (NTAG 424)

    @property
    def mode(self) -> Mode:
        """How its content is transmitted to who has authenticated."""
        return Mode(self.option & 3) if self.option & 3 != 2 else Mode.PLAIN

    @property
    def read(self) -> int:
        """The key that may read, or 0xE for anybody, or 0xF for nobody."""
        return self.rights >> 12

    @property
    def write(self) -> int:
        """The key that may write."""
        return self.rights >> 8 & 0xF

    @property
    def read_write(self) -> int:
        """The key that may do both."""
        return self.rights >> 4 & 0xF

    @property
    def change(self) -> int:
        """The key that may change these settings."""
        return self.rights & 0xF


@dataclass
class Application:
    """Keys and files under one name."""

    keys: list[Key]
    settings: int
    files: dict[int, DataFile] = field(default_factory=dict)


class Exchange(NamedTuple):
    """One APDU and its answer, as somebody who listens in would note them."""

    apdu: bytes
    answer: bytes


class More(NamedTuple):
    """An answer with status 91AF, and what takes the next frame."""

    data: bytes
    then: Callable[[bytes], "Reply"]


Reply = bytes | More
Command = Callable[[int, bytes], Reply]


def chunks(data: bytes, *sizes: int) -> Reply:
    """Send a long answer in frames of these sizes, the last size for all further ones."""
    if len(data) <= sizes[0]:
        return data

    def go_on(request: bytes) -> Reply:
        if request:
            raise CardError(Status.LENGTH)
        return chunks(data[sizes[0] :], *(sizes[1:] or sizes))

    return More(data[: sizes[0]], go_on)


class NativeCard(ABC):
    """A chip that keeps its memory for the life of this object, and its session until it leaves the field.

    Every error ends the session, as on real chips. Use `handle` directly, or put the card behind a real reader:
    `VirtualCard(pcscd, card.uid, handler=card.handle, on_reset=card.power_off)`.
    """

    def __init__(self, uid: bytes, *, rng: Random = os.urandom) -> None:
        """Make a card as it leaves the factory.

        Args:
            uid: 7 bytes.
            rng: where its challenges come from: `random.Random(7).randbytes` for the same ones in each run,
                `scripted_random` for those of an example.
        """
        assert len(uid) == 7
        self.uid = uid
        self.rng = rng
        self.session: Session | None = None
        self.exchanges: list[Exchange] = []
        self._pending: Callable[[bytes], Reply] | None = None
        self._is_recording = False
        self._pull_at: tuple[int, bool] | None = None
        self._apdus_handled = 0
        self._commands: dict[int, Command] = {
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

    def power_off(self) -> None:
        """Take it out of the field: the session is gone, memory stays, the next presentation begins."""
        self._apdus_handled = 0
        self._deselect()

    def pull_after(self, count: int, *, processed: bool = False) -> None:
        """Let it disappear once, before it answers the given APDU of the next presentation.

        Args:
            count: which APDU, from 1; the UID, which a reader asks for with `FF CA`, doesn't count.
            processed: whether the chip still carries that command out: a write that took effect, unacknowledged.
        """
        self._pull_at = count, processed
        self._apdus_handled = 0

    def record(self) -> list[Exchange]:
        """Listen in from now on; the returned list grows with every APDU."""
        self._is_recording = True
        self.exchanges = []
        return self.exchanges

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

    # --- Frames ---

    def handle(self, apdu: bytes) -> bytes:
        """Answer one APDU, status word included.

        Raises:
            CardPulled: when `pull_after` has come to its APDU.
        """
        if apdu == bytes.fromhex("FFCA000000"):
            return self.uid + b"\x90\x00"
        self._apdus_handled += 1
        if self._pull_at is not None and self._apdus_handled >= self._pull_at[0]:
            _, processed = self._pull_at
            self._pull_at = None
            if processed:
                self._answer(apdu)
            self.power_off()
            raise CardPulled("the card left the field before it answered")
        answer = self._answer(apdu)
        if self._is_recording:
            self.exchanges.append(Exchange(apdu, answer))
        return answer

    def _answer(self, apdu: bytes) -> bytes:
        if len(apdu) < 4:
            return bytes.fromhex("6700")
        if apdu[0] != _NATIVE:
            self._forget()
            return self._iso(apdu)
        # CLA INS P1 P2 Le, or CLA INS P1 P2 Lc data Le.
        is_short = len(apdu) == 5
        if apdu[2:4] != b"\x00\x00" or not (is_short or len(apdu) == 6 + apdu[4]) or apdu[-1] != 0:
            self._forget()
            return bytes([0x91, Status.LENGTH])
        data = b"" if is_short else apdu[5:-1]
        try:
            reply = self._dispatch(apdu[1], data)
        except CardError as error:
            self._forget()
            return bytes([0x91, error.status])
        if isinstance(reply, More):
            self._pending = reply.then
            return reply.data + bytes([0x91, Status.ADDITIONAL_FRAME])
        return reply + bytes([0x91, Status.OK])

    def _dispatch(self, ins: int, data: bytes) -> Reply:
        pending, self._pending = self._pending, None
        if pending is not None:
            if ins != _ADDITIONAL_FRAME:
                raise CardError(Status.COMMAND_ABORTED)
            return pending(data)
        command = self._commands.get(ins)
        if command is None:
            raise CardError(Status.ILLEGAL_COMMAND)
        return command(ins, data)

    def _iso(self, apdu: bytes) -> bytes:
        return bytes.fromhex("6E00")

    def _forget(self) -> None:
        self.session = None
        self._pending = None

    def _deselect(self) -> None:
        self._forget()

    # --- Messaging ---

    def _open(
        self, ins: int, raw: bytes, *, header: int, length: int | None = 0, mode: Mode = Mode.MAC
    ) -> bytes:
        if self.session is not None:
            return self.session.open(ins, raw, header=header, length=length, mode=mode)
        if len(raw) < header or (length is not None and len(raw) != header + length):
            raise CardError(Status.LENGTH)
        return raw

    def _close(self, payload: bytes = b"", mode: Mode = Mode.MAC) -> bytes:
        return payload if self.session is None else self.session.close(payload, mode)

    def _require_session(self, *key_numbers: int) -> None:
        if self.session is None or (key_numbers and self.session.key_no not in key_numbers):
            raise CardError(Status.AUTHENTICATION)

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
