"""Every setting of both programs, as it is in the code: `docs/reference/settings.md`."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Final, get_args, get_origin

import msgspec

from device.config import DEFAULT_FILE as DEVICE_FILE
from device.config import DeviceSettings
from device.core.sensing import PresenceSettings
from docs.generate import NOTE
from hub.config import DEFAULT_FILE as HUB_FILE
from hub.config import HubSettings
from wire.settings import PREFIX, show

_ARGUMENT: Final = re.compile(r"^ {4}([\w, ]+): ", re.MULTILINE)
_OF_PRESENCE: Final = {field.name for field in fields(PresenceSettings)}
_NO_DEFAULT: Final = (msgspec.NODEFAULT, msgspec.UNSET)


def pages() -> dict[str, str]:
    """Return the page of all settings."""
    text = f"""\
<!-- {NOTE} -->

# Settings

One TOML file for each program, and variables on top of it: `web.port` is `port` under `[web]`, or the variable
`{PREFIX}WEB_PORT`. `show-config` prints each value and where it came from. Passwords, keys and tokens are never
settings: a setting whose name ends in `_file` names the file that holds one, which must not be open to everyone
(mode 0600).

## ankerort-hub

`{HUB_FILE}`, or the file of `--config` or `{PREFIX}CONFIG`.

{_tables(HubSettings)}## ankerort-device

`{DEVICE_FILE}`, or the file of `--config` or `{PREFIX}CONFIG`. Readers and sensors are lists
of tables (`[[reader]]`), and stand in the file alone. A sensor may also replace the seconds of its kind:
[presence](presence.md#settings).

{_tables(DeviceSettings)}"""
    return {"reference/settings.md": text.rstrip() + "\n"}


def _tables(struct: type[msgspec.Struct]) -> str:
    return "".join(_table(kind, header, path) for kind, header, path in _structs(struct))


def _structs(
    struct: type[msgspec.Struct], header: str = "", path: str = "", above: str = ""
) -> Iterator[tuple[type[msgspec.Struct], str, str]]:
    """Yield the struct and those in it: with the header of its TOML table, and what its keys begin with."""
    yield struct, header, path
    for info in msgspec.structs.fields(struct):
        inner = _struct_of(info.type)
        if inner is not None:
            is_list, name = get_origin(info.type) is list, f"{above}{info.name}"
            yield from _structs(
                inner,
                f"[[{name}]]" if is_list else f"[{name}]",
                "" if is_list else f"{name}.",
                f"{name}.",
            )


def _struct_of(kind: Any) -> type[msgspec.Struct] | None:
    for part in (kind, *get_args(kind)):
        if isinstance(part, type) and issubclass(part, msgspec.Struct):
            return part
    return None


def _table(struct: type[msgspec.Struct], header: str, path: str) -> str:
    text, meanings = _take_apart(struct)
    rows = [
        f"| `{path}{info.name}` | {_default(info)} | {meanings[info.name]} |"
        for info in msgspec.structs.fields(struct)
        if _struct_of(info.type) is None and info.name not in _OF_PRESENCE
    ]
    head = f"### `{header}`\n\n{text}\n\n" if header else ""
    return head + "\n".join(["| setting | default | what |", "| --- | --- | --- |", *rows]) + "\n\n"


def _default(info: msgspec.structs.FieldInfo) -> str:
    if info.default in _NO_DEFAULT:
        return "required"
    return "none" if info.default in (None, "") else f"`{show(info.default)}`"


def _take_apart(struct: type[msgspec.Struct]) -> tuple[str, dict[str, str]]:
    """Return a struct's docstring as its first part and what it says of each field."""
    text, _, rest = inspect.cleandoc(struct.__doc__ or "").partition("\n\nArgs:\n")
    parts = _ARGUMENT.split(rest)[1:]
    meanings: dict[str, str] = {}
    for names, described in zip(parts[::2], parts[1::2], strict=True):
        meanings |= dict.fromkeys(names.split(", "), " ".join(described.split()))
    return " ".join(text.split()), meanings
