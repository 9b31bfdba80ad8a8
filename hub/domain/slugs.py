"""Ids made of names: `Größere Zehnerkarte` becomes `groessere-zehnerkarte`; pure."""

import re
import unicodedata
from collections.abc import Container
from typing import Final

MAX_LENGTH: Final = 40
_GERMAN: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def slug(name: str, taken: Container[str], otherwise: str) -> str:
    """Return an id for a name that nothing has yet.

    Args:
        taken: ids that are in use.
        otherwise: for names of which no letter is left.
    """
    plain = (
        unicodedata.normalize("NFKD", name.casefold().translate(_GERMAN)).encode("ascii", "ignore").decode()
    )
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: MAX_LENGTH - 4].strip("-") or otherwise
    found, number = base, 1
    while found in taken:
        number += 1
        found = f"{base}-{number}"
    return found
