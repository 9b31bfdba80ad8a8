"""Secrets as systemd hands them over (`LoadCredential=`, systemd.exec(5)), so that root alone can read the files.

Settings name a secret by its path. A service that may not read that path finds the same file in a folder of its own,
under the name `FILE` or, when systemd was given a whole folder, `ID_FILE`, with the folders below it in between:
`ID_FOLDER_FILE`. So one settings file serves both the service and root, who calls a command.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from wire.errors import InvalidSetting

FOLDER_VARIABLE: Final = "CREDENTIALS_DIRECTORY"

S = TypeVar("S", bound=msgspec.Struct)


def handed_over(path: Path, environ: Mapping[str, str]) -> Path:
    """Return where a file is that the settings name: where they say, or where systemd has put it.

    Args:
        path: as the settings have it.
        environ: of the process; systemd names the folder there.

    Raises:
        InvalidSetting: when systemd has put two files there that fit equally well, from two folders.
    """
    folder = environ.get(FOLDER_VARIABLE)
    if not folder or os.access(path, os.R_OK):
        return path
    try:
        names = sorted(entry.name for entry in Path(folder).iterdir())
    except OSError:
        return path
    # `…/device/1f3a/ca.pem` may be there as `ID_1f3a_ca.pem`; the more of the path a name has, the better it fits.
    ends = {"_".join(path.parts[-count:]): count for count in range(1, len(path.parts))}
    fits = {name: ends.get(name.partition("_")[2], 1 if name == path.name else 0) for name in names}
    best = max(fits.values(), default=0)
    fitting = [name for name, fit in fits.items() if fit == best > 0]
    if len(fitting) > 1:
        raise InvalidSetting(
            f"{path} can't be read, and systemd hands over {' and '.join(fitting)}: "
            "give files in different folders of secrets different names"
        )
    return Path(folder, fitting[0]) if fitting else path


def replace_paths(settings: S, origins: dict[str, str], environ: Mapping[str, str], prefix: str = "") -> S:
    """Return settings whose paths are those where the files are; note in the origins what systemd handed over.

    Args:
        settings: of one program, or one of its tables.
        origins: dotted key to where its value came from; changed.
        environ: of the process.
        prefix: dotted key of the table, with a dot.

    Raises:
        InvalidSetting: as `handed_over`.
    """
    changed: dict[str, object] = {}
    for info in msgspec.structs.fields(settings):
        value = getattr(settings, info.name)
        dotted = prefix + info.encode_name
        if isinstance(value, msgspec.Struct):
            found: object = replace_paths(value, origins, environ, f"{dotted}.")
        elif isinstance(value, Path):
            found = handed_over(value, environ)
            if found != value:
                origins[dotted] = f"{origins.get(dotted, 'default')}, handed over by systemd"
        else:
            continue
        if found != value:
            changed[info.name] = found
    return msgspec.structs.replace(settings, **changed) if changed else settings
