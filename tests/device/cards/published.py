"""Published example values, and a card that follows a script."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet

_FOLDER = Path(__file__).parent
_VECTORS: dict[str, list[dict[str, Any]]] = {}
for _file in ("vectors.json", "more_vectors.json"):
    for _section, _entries in json.loads((_FOLDER / _file).read_text(encoding="utf-8")).items():
        if isinstance(_entries, list):
            _VECTORS.setdefault(_section, []).extend(_entries)


class Vector:
    """One entry: hex values as bytes by index, numbers and texts as they are."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def __getitem__(self, name: str) -> bytes:
        return bytes.fromhex(self.values[name])

    def number(self, name: str) -> int:
        """A number."""
        return int(self.values[name])

    def text(self, name: str) -> str:
        """A text."""
        return str(self.values[name])


def vectors(section: str) -> list[ParameterSet]:
    """All entries of a section, each a test."""
    return [pytest.param(Vector(values), id=values["source"]) for values in _VECTORS[section]]


def vector(section: str, source: str) -> Vector:
    """One entry."""
    (found,) = (values for values in _VECTORS[section] if values["source"] == source)
    return Vector(found)


def sections() -> list[str]:
    """Names of all sections."""
    return sorted(_VECTORS)


class Scripted:
    """Answers each expected command with its answer, both in hex; anything else fails the test."""

    def __init__(self, *exchanges: tuple[str | bytes, str | bytes]) -> None:
        self._exchanges = [(_bytes(command), _bytes(answer)) for command, answer in exchanges]

    def __call__(self, command: bytes) -> bytes:
        expected, answer = self._exchanges.pop(0)
        assert command.hex() == expected.hex()
        return answer

    @property
    def is_done(self) -> bool:
        """Whether the script was played to its end."""
        return not self._exchanges


def always(answer: str | bytes) -> Callable[[bytes], bytes]:
    """A card that has one answer to everything."""
    return lambda _command: _bytes(answer)


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else bytes.fromhex(value)
