"""Order of names as Germans sort them (DIN 5007-1): ä beside a, ß as ss."""

import unicodedata


def german_key(name: str) -> tuple[str, str]:
    """Return what to sort a name by; names that differ only in their marks keep a fixed order."""
    plain = unicodedata.normalize("NFD", name.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter)), name
