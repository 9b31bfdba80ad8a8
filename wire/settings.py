"""Settings of both programs: defaults, then one TOML file, then `ANKERORT_…` variables; each value knows its origin.

The names of files' keys and of variables are a promise to whoever operates the programs, so both load them here.
Secrets are never values: a setting whose name ends in `_file` names the file that holds one (`LoadCredential`).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args, get_origin

import msgspec

from wire.errors import InvalidSetting

PREFIX = "ANKERORT_"
MAX_SECRET_BYTES = 64 * 1024

S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """Settings and where each came from.

    Args:
        settings: the whole, checked.
        origins: dotted key to "default", "file NAME" or the variable's name; lists of tables have one entry.
    """

    settings: S
    origins: dict[str, str]

    def rows(self) -> list[tuple[str, str, str]]:
        """Return (dotted key, value as text, origin) of every setting, in the order of their declaration."""
        return [(key, _show(_look_up(self.settings, key)), origin) for key, origin in self.origins.items()]


def load(struct: type[S], file: Path | None, environ: Mapping[str, str], prefix: str = PREFIX) -> Loaded[S]:
    """Return the settings of one program.

    Args:
        struct: frozen struct with a default for all that may be left out; nested structs are TOML tables.
        file: TOML file, or None to go without.
        environ: variables; `ANKERORT_DATABASE_URL` sets `database_url` or `database.url`.
        prefix: what our variables begin with.

    Raises:
        InvalidSetting: when the file can't be read, or a key is unknown, missing or has an unusable value; the text names
            file or variable, key and remedy.
    """
    given = _read_file(file)
    source = f"file {file.name}" if file is not None else ""
    _refuse_unknown(struct, given, source)
    origins: dict[str, str] = {}
    merged = _merge(struct, given, source, environ, prefix, "", origins)
    try:
        return Loaded(msgspec.convert(merged, struct, strict=True, dec_hook=_read_path), origins)
    except msgspec.ValidationError as error:
        raise InvalidSetting(_explain(str(error), origins, source)) from None


def read_secret(path: Path) -> bytes:
    """Return a secret from its file, without surrounding white space.

    Raises:
        InvalidSetting: when the file can't be read, is empty, or everyone on the machine may read it.
    """
    try:
        mode = path.stat().st_mode
        data = path.read_bytes() if path.stat().st_size <= MAX_SECRET_BYTES else b""
    except OSError as error:
        raise InvalidSetting(f"secret file {path}: {error.strerror}; create it with mode 0600") from error
    if mode & 0o007:
        raise InvalidSetting(f"secret file {path} is open to everyone on this machine: chmod 0600 {path}")
    if not data.strip():
        raise InvalidSetting(f"secret file {path} is empty or over {MAX_SECRET_BYTES} bytes")
    return data.strip()


def _read_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise InvalidSetting(f"settings file {file}: {error.strerror}; check the path") from error
    except UnicodeDecodeError as error:
        raise InvalidSetting(
            f"settings file {file} is not UTF-8 at byte {error.start}: save it as UTF-8"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise InvalidSetting(f"settings file {file} is not TOML: {error}") from error


def _refuse_unknown(
    struct: type[msgspec.Struct], given: Mapping[str, Any], source: str, path: str = ""
) -> None:
    """A misspelt key must not silently leave a default in place."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    for key, value in given.items():
        if key not in fields:
            raise InvalidSetting(f"{source}: unknown setting {path + key!r}; known here: {', '.join(fields)}")
        inner = _struct_of(fields[key].type)
        tables = value if isinstance(value, list) else [value]
        if inner is not None:
            for table in tables:
                if isinstance(table, dict):
                    _refuse_unknown(inner, table, source, f"{path}{key}.")


def _merge(
    struct: type[msgspec.Struct],
    given: Mapping[str, Any],
    source: str,
    environ: Mapping[str, str],
    prefix: str,
    path: str,
    origins: dict[str, str],
) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for field in msgspec.structs.fields(struct):
        key, dotted = field.encode_name, path + field.encode_name
        inner = _struct_of(field.type)
        if inner is not None and get_origin(field.type) not in (list, tuple):
            table = given.get(key, {})
            if not isinstance(table, dict):
                raise InvalidSetting(f"{source}: {dotted!r} is a table: write [{dotted}]")
            merged[key] = _merge(inner, table, source, environ, prefix, f"{dotted}.", origins)
            continue
        variable = prefix + dotted.upper().replace(".", "_")
        if variable in environ:
            merged[key] = _from_text(field.type, environ[variable], variable)
            origins[dotted] = variable
        elif key in given:
            merged[key] = given[key]
            origins[dotted] = source
        else:
            origins[dotted] = "default"
    return merged


def _from_text(kind: Any, text: str, variable: str) -> Any:
    if get_origin(kind) in (list, tuple):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return msgspec.convert(text, kind, strict=False, dec_hook=_read_path)
    except msgspec.ValidationError as error:
        raise InvalidSetting(f"{variable}={text!r}: {error}") from None


def _read_path(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str | Path):
        return Path(value).expanduser()
    raise msgspec.ValidationError(f"Expected a path as text, got `{type(value).__name__}`")


def _struct_of(kind: Any) -> type[msgspec.Struct] | None:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind
    for part in get_args(kind):
        found = _struct_of(part)
        if found is not None:
            return found
    return None


def _explain(text: str, origins: Mapping[str, str], source: str) -> str:
    message, _, where = text.partition(" - at `$.")
    key = where.rstrip("`")
    if message.startswith("Object missing required field"):
        return f"{source or 'settings'}: {message}{f' in [{key}]' if key else ''}; add it to the file or set its variable"
    origin = origins.get(key, source or "settings")
    return f"{origin}: setting {key!r}: {message}" if key else f"{origin}: {message}"


def _look_up(settings: msgspec.Struct, dotted: str) -> Any:
    value: Any = settings
    for name in dotted.split("."):
        value = getattr(value, name)
    return value


def _show(value: Any) -> str:
    return msgspec.json.encode(value, enc_hook=str).decode("utf-8")
