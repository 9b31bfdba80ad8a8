"""Order of names as Germans sort them (DIN 5007-1): ä beside a, ß as ss."""

import re
import unicodedata

_NUMBER = re.compile(r"(\d+)")


def german_key(name: str) -> tuple[str, str]:
    """Return what to sort a name by; names that differ only in their marks keep a fixed order."""
    plain = unicodedata.normalize("NFD", name.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter)), name


def label_key(label: str) -> tuple[tuple[tuple[int, str], ...], str]:
    """Return what to sort a label by: as a name, but with its numbers as numbers, so that Karte 10 follows Karte 9."""
    parts = _NUMBER.split(german_key(label)[0])
    return tuple((int(part) if number % 2 else 0, part) for number, part in enumerate(parts)), label
