"""What a virtual card remembers: keys and files, and who may read and write them."""

from dataclasses import dataclass, field

from tests.parts.card_ciphers import AES_BLOCK
from tests.parts.card_sessions import Mode

NO_ACCESS, FREE_ACCESS = 0xF, 0xE
AES_TYPE, DES_TYPE = 0x80, 0x00


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
