"""Settings of both programs: defaults, one TOML file, `ANKERORT_…` variables; each value knows its origin.

The keys of files and the names of variables are a promise to whoever operates the programs, so both load them
here. Secrets are never values: a setting whose name ends in `_file` names the file that holds one; a service may
get that file from systemd (`wire.credentials`).
"""

import difflib
import logging
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Generic, TypeVar, get_args, get_origin

import msgspec
from msgspec.structs import FieldInfo

from wire.credentials import FOLDER_VARIABLE, replace_paths
from wire.errors import InvalidSetting

PREFIX: Final = "ANKERORT_"
MAX_SECRET_BYTES: Final = 64 * 1024

# The file itself, and what the tests of this project are told: known, but no settings.
_NO_SETTINGS: Final = ("CONFIG", "REQUIRE_ALL", "FUZZ", "CHAOS_SEED")

_log = logging.getLogger(__name__)

S = TypeVar("S", bound=msgspec.Struct)

# A database address may still carry a password, which nobody who looks at `show-config` need see.
_PASSWORD_IN_URL = re.compile(r"(://[^/@:\s]*):[^/\s]*@")


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """Settings and where each came from.

    Args:
        settings: the whole, checked.
        origins: dotted key to "default", "file NAME" or the variable's name; a list of tables has one entry,
            and so has an optional table that is not there.
    """

    settings: S
    origins: dict[str, str]

    def rows(self) -> list[tuple[str, str, str]]:
        """Return (dotted key, value as text, origin) of every setting, in the order of their declaration.

        A password inside an address is shown as `***`.
        """
        return [(key, show(_look_up(self.settings, key)), origin) for key, origin in self.origins.items()]


def load(struct: type[S], file: Path | None, environ: Mapping[str, str], prefix: str = PREFIX) -> Loaded[S]:
    """Return the settings of one program.

    Args:
        struct: frozen struct with a default for all that may be left out. Nested structs are TOML tables; one
            that may be left out has None or its own defaults as its default.
        file: TOML file, or None to go without.
        environ: variables; `ANKERORT_DATABASE_URL` sets `database_url` or `database.url`. A list is written
            with commas; lists of tables stand in the file alone. One that begins like ours and sets nothing is
            warned of: it may be another program's, or misspelt. systemd's folder of secrets is looked at, too.
        prefix: what our variables begin with.

    Raises:
        InvalidSetting: when the file can't be read, or a key is unknown, missing or has an unusable value;
            the text names file or variable, key, value and remedy.
    """
    given = _read_file(file)
    reading = _Reading(f"file {file.name}" if file is not None else "", environ, prefix)
    _refuse_unknown(struct, given, reading.source)
    merged = reading.merge(struct, given)
    for warning in reading.unknown():
        _log.warning("%s", warning)
    try:
        settings = msgspec.convert(merged, struct, strict=True, dec_hook=_read_path)
    except msgspec.ValidationError as error:
        raise InvalidSetting(reading.explain(str(error), merged)) from None
    if environ.get(FOLDER_VARIABLE):
        settings = replace_paths(settings, reading.origins, environ)
    return Loaded(settings, reading.origins)


def read_secret(path: Path) -> bytes:
    """Return a secret from its file, without surrounding white space.

    Raises:
        InvalidSetting: when the file can't be read, is empty or too large, or is open to everyone on the
            machine.
    """
    try:
        status = path.stat()
        data = path.read_bytes() if status.st_size <= MAX_SECRET_BYTES else None
    except OSError as error:
        raise InvalidSetting(f"secret file {path}: {error.strerror}; create it with mode 0600") from error
    if status.st_mode & 0o007:
        raise InvalidSetting(f"secret file {path} is open to everyone on this machine: chmod 0600 {path}")
    if data is None:
        raise InvalidSetting(f"secret file {path} is over {MAX_SECRET_BYTES} bytes: it is not the secret")
    if not data.strip():
        raise InvalidSetting(f"secret file {path} is empty: write the secret into it")
    return data.strip()


def read_secret_text(path: Path) -> str:
    """Return a secret that is text, a password or token, from its file; see `read_secret`.

    Raises:
        InvalidSetting: as `read_secret`, and when it is not UTF-8.
    """
    try:
        return read_secret(path).decode("utf-8")
    except UnicodeDecodeError:
        # The error would hold the secret.
        raise InvalidSetting(f"secret file {path} is not UTF-8: save it as UTF-8 text") from None


def show(value: object) -> str:
    """Return a setting as it may be shown: JSON, with the password of an address as `***`."""
    text = msgspec.json.encode(value, enc_hook=str).decode("utf-8")
    return _PASSWORD_IN_URL.sub(r"\1:***@", text)


@dataclass(slots=True)
class _Reading:
    """One reading of a file and the variables; collects where each value came from."""

    source: str
    environ: Mapping[str, str]
    prefix: str
    origins: dict[str, str] = field(default_factory=dict)
    variables: set[str] = field(default_factory=set)

    def unknown(self) -> list[str]:
        """Return what is to be said of variables that set nothing."""
        ours = self.variables | {self.prefix + name for name in _NO_SETTINGS}
        strange = (name for name in self.environ if name.startswith(self.prefix) and name not in ours)
        told = []
        for name in sorted(strange):
            near = difflib.get_close_matches(name, self.variables, 1, 0.8)
            told.append(f"{name} is no setting of this program" + (f": is {near[0]} meant?" if near else ""))
        return told

    def merge(self, struct: type[msgspec.Struct], given: Mapping[str, Any], path: str = "") -> dict[str, Any]:
        """Return the values that file and variables give to a struct's fields; note every field's origin."""
        merged: dict[str, Any] = {}
        for info in msgspec.structs.fields(struct):
            key, dotted = info.encode_name, path + info.encode_name
            table = _table_of(info)
            if table is not None:
                inner = self._merge_table(table, info, given.get(key), dotted)
                if inner is not None:
                    merged[key] = inner
                continue
            variable = self.prefix + dotted.upper().replace(".", "_")
            self.variables.add(variable)
            if variable in self.environ:
                merged[key] = _from_text(info.type, self.environ[variable], variable)
                self.origins[dotted] = variable
            elif key in given:
                merged[key] = given[key]
                self.origins[dotted] = self.source
            else:
                self.origins[dotted] = "default"
        return merged

    def _merge_table(
        self, table: type[msgspec.Struct], info: FieldInfo, given: Any, dotted: str
    ) -> dict[str, Any] | None:
        if given is not None and not isinstance(given, dict):
            raise InvalidSetting(f"{self.source}: setting {dotted!r} = {show(given)}: write it as [{dotted}]")
        before = len(self.origins)
        merged = self.merge(table, given or {}, f"{dotted}.")
        if merged or given is not None or info.default is not None:
            return merged
        # Nothing was said of a table that may be missing: it stays missing and lacks no required key.
        for key in list(self.origins)[before:]:
            del self.origins[key]
        self.origins[dotted] = "default"
        return None

    def explain(self, text: str, merged: Mapping[str, Any]) -> str:
        """Return what is wrong with a value, with its place, the value and a remedy."""
        message, _, where = text.partition(" - at `$")
        key = where.rstrip("`").lstrip(".")
        if message.startswith("Object missing required field"):
            missing = message.rpartition(" ")[2].strip("`")
            dotted = f"{key}.{missing}" if key else missing
            remedy = f"add it to {self.source}" if self.source else "give a settings file"
            if "[" not in dotted:
                remedy += f" or set {self.prefix}{dotted.upper().replace('.', '_')}"
            return f"setting {dotted!r} is missing: {remedy}"
        origin = self.origins.get(re.split(r"\[", key, maxsplit=1)[0], self.source or "settings")
        remedy = f"change {origin}" if origin.startswith(self.prefix) else f"change it in {origin}"
        if not key:
            return f"{origin}: {message}; {remedy}"
        return f"{origin}: setting {key!r} = {show(_dig(merged, key))}: {message}; {remedy}"


def _read_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text("utf-8-sig"))
    except OSError as error:
        raise InvalidSetting(f"settings file {file}: {error.strerror}; check the path") from error
    except UnicodeDecodeError as error:
        raise InvalidSetting(
            f"settings file {file}: not UTF-8 at byte {error.start}; save as UTF-8"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise InvalidSetting(f"settings file {file} is not TOML: {error}; correct that place") from error


def _refuse_unknown(
    struct: type[msgspec.Struct], given: Mapping[str, Any], source: str, path: str = ""
) -> None:
    """Refuse a key that no field has: a misspelt key must not silently leave a default in place."""
    fields = {info.encode_name: info for info in msgspec.structs.fields(struct)}
    for key, value in given.items():
        if key not in fields:
            raise InvalidSetting(f"{source}: unknown setting {path + key!r}; known here: {', '.join(fields)}")
        inner = _struct_of(fields[key].type)
        tables = value if isinstance(value, list) else [value]
        if inner is not None:
            for table in tables:
                if isinstance(table, dict):
                    _refuse_unknown(inner, table, source, f"{path}{key}.")


def _from_text(kind: Any, text: str, variable: str) -> Any:
    if _struct_of(kind) is not None:
        raise InvalidSetting(f"{variable} can't set a list of tables: unset it and write them into the file")
    value = [part.strip() for part in text.split(",") if part.strip()] if _is_list(kind) else text
    try:
        text.encode("utf-8")
        return msgspec.convert(value, kind, strict=False, dec_hook=_read_path)
    except UnicodeEncodeError:
        raise InvalidSetting(f"{variable} is not UTF-8; change {variable}") from None
    except msgspec.ValidationError as error:
        raise InvalidSetting(f"{variable} = {show(text)}: {error}; change {variable}") from None


def _read_path(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str | Path):
        return Path(value).expanduser()
    raise TypeError(f"Expected a path as text, got `{type(value).__name__}`")


def _is_list(kind: Any) -> bool:
    return get_origin(kind) in (list, tuple) or any(_is_list(part) for part in get_args(kind))


def _struct_of(kind: Any) -> type[msgspec.Struct] | None:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind
    for part in get_args(kind):
        found = _struct_of(part)
        if found is not None:
            return found
    return None


def _table_of(info: FieldInfo) -> type[msgspec.Struct] | None:
    """Return the struct of a field that is one table, None for a list of tables or a plain value."""
    return None if _is_list(info.type) else _struct_of(info.type)


def _look_up(settings: msgspec.Struct, dotted: str) -> Any:
    value: Any = settings
    for name in dotted.split("."):
        value = getattr(value, name)
    return value


def _dig(merged: Any, key: str) -> Any:
    """Return the value at a place such as `web.port` or `reader[1].id`; of a table with free keys, the table."""
    value = merged
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", key.partition("[...]")[0]):
        value = value[int(index)] if index else value[name]
    return value
