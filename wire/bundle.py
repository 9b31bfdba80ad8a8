"""What a new device needs, in one file: certificate, keys, settings. The hub writes it, the device unpacks it once.

The file is JSON: the bundle, and the SHA-256 of its bytes as they stand there. That finds what an SD card or a hasty
copy damaged; who made it is not asked, for whoever puts a card into the Pi decides on everything that is on it.
"""

import hashlib
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from wire.errors import InvalidSetting
from wire.identifiers import Id, check_id

MAX_BYTES: Final = 256 * 1024

AUTHORITY_FILE: Final = "ca.pem"
CERTIFICATE_FILE: Final = "device.pem"
KEY_FILE: Final = "device.key"
TRUST_FILE: Final = "trust.json"

_Text = Annotated[str, Meta(min_length=1, max_length=64 * 1024)]
_Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}(?![\s\S])")]


class Bundle(Struct, frozen=True, kw_only=True):
    """What a device is given.

    Args:
        version: of this form.
        space, device: whose it is.
        made_us: when it was made.
        expires_us: until when it may be unpacked.
        authority: certificates that the broker's is checked against, PEM.
        certificate, key: the device's own, PEM.
        trust: its trust file (`wire.trust`), or empty when only the certificate is renewed.
        settings: its settings file in TOML, in which `{identity}` stands for the folder of the files above; empty when
            only the certificate is renewed.
    """

    version: Annotated[int, Meta(ge=1, le=1)] = 1
    space: Id
    device: Id
    made_us: Annotated[int, Meta(ge=0)]
    expires_us: Annotated[int, Meta(ge=0)]
    authority: _Text
    certificate: _Text
    key: _Text
    trust: Annotated[str, Meta(max_length=64 * 1024)] = ""
    settings: Annotated[str, Meta(max_length=64 * 1024)] = ""

    def __repr__(self) -> str:
        return f"Bundle({self.space}/{self.device})"

    @property
    def is_renewal(self) -> bool:
        """Whether it has a new certificate alone."""
        return not self.settings

    @property
    def digest(self) -> str:
        """A name for what is in it."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()

    def files(self) -> dict[str, bytes]:
        """Return what stands in the folder of the device's identity, by file name."""
        files = {
            AUTHORITY_FILE: self.authority,
            CERTIFICATE_FILE: self.certificate,
            KEY_FILE: self.key,
            TRUST_FILE: self.trust,
        }
        return {name: text.encode("utf-8") for name, text in files.items() if text}


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sha256: _Hash
    bundle: msgspec.Raw


def write_bundle(bundle: Bundle) -> bytes:
    """Return the file's bytes; whoever writes them lets their owner alone read them."""
    raw = msgspec.json.encode(bundle)
    return msgspec.json.encode(_File(sha256=hashlib.sha256(raw).hexdigest(), bundle=msgspec.Raw(raw))) + b"\n"


def read_bundle(file: Path) -> Bundle:
    """Return what is in a file. Its mode is not looked at: a card's boot partition has none.

    Raises:
        InvalidSetting: when it can't be read, is damaged or no bundle; the text never holds a key.
    """
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidSetting(f"bundle {file}: {error.strerror}; check the path") from error
    damaged = InvalidSetting(
        f"{file} is no bundle of `ankerort-hub device add`, or was damaged on its way: copy it again, whole, "
        "or make a new one with `ankerort-hub device replace`"
    )
    try:
        found = msgspec.json.decode(data if len(data) <= MAX_BYTES else b"", type=_File)
        if hashlib.sha256(bytes(found.bundle)).hexdigest() != found.sha256:
            raise damaged
        bundle = msgspec.json.decode(found.bundle, type=Bundle)
        check_id(bundle.space, "space")
        check_id(bundle.device, "device")
    except InvalidSetting:
        raise
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise damaged from None
    if bool(bundle.trust) != bool(bundle.settings):
        raise damaged
    return bundle
