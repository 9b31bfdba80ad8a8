"""Finds the line of every key and array element of a TOML text.

`tomllib` tells what a file says but not where, and an error without a line is hard to mend in a file of five hundred.
This walks over a text that `tomllib` has already accepted, so it need only know where strings, comments and brackets
end.
"""

import re
import tomllib
from typing import Final

Place = tuple[str | int, ...]
"""Where a value stands: `("town", 0, "space", 1, "name")`."""

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING: Final = re.compile(
    r"""\"{3}(?:[^\\]|\\[\s\S])*?\"{3,5}|'{3}[\s\S]*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'"""
)
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR: Final = re.compile(r"[^\s,\]}#][^,\]}#\n]*")


def lines(text: str) -> dict[Place, int]:
    """Return the line, from 1, of each key and array element.

    Args:
        text: TOML that `tomllib.loads` accepts.

    Returns:
        Every place of the document. A table that only its parts name has the line of the first part.
    """
    return _Walk(text).run()


class _Walk:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.found: dict[Place, int] = {}
        self.count: dict[Place, int] = {}
        self._line, self._counted_to = 1, 0

    def run(self) -> dict[Place, int]:
        table: Place = ()
        while self._skip_blank():
            if self.text.startswith("[[", self.at):
                table = self._header(2)
            elif self.text[self.at] == "[":
                table = self._header(1)
            else:
                self._key_and_value(table)
        return self.found

    def _header(self, brackets: int) -> Place:
        self.at += brackets
        keys = self._keys()
        self.at += brackets
        place: Place = ()
        for key in keys[:-1]:
            place = self._last_of(self._note((*place, key)))
        place = self._note((*place, keys[-1]))
        if brackets == 2:
            place = self._next_of(place)
        return place

    def _key_and_value(self, table: Place) -> None:
        place = table
        for key in self._keys():
            place = self._note((*place, key))
        self.at += 1  # the equals sign, behind which `_keys` has stopped
        self._skip_blank()
        self._value(place)

    def _value(self, place: Place) -> None:
        if self.text[self.at] == "[":
            self._array(place)
        elif self.text[self.at] == "{":
            self._inline_table(place)
        else:
            found = _STRING.match(self.text, self.at) or _SCALAR.match(self.text, self.at)
            assert found is not None
            self.at = found.end()

    def _array(self, place: Place) -> None:
        self.at += 1
        while self._skip_blank() and self.text[self.at] != "]":
            if self.text[self.at] == ",":
                self.at += 1
            else:
                self._value(self._next_of(place))
        self.at += 1

    def _inline_table(self, place: Place) -> None:
        self.at += 1
        while self._skip_blank() and self.text[self.at] != "}":
            if self.text[self.at] == ",":
                self.at += 1
            else:
                self._key_and_value(place)
        self.at += 1

    def _keys(self) -> list[str]:
        """Read a dotted key, and stop at what follows it."""
        keys = []
        while True:
            self._skip_blank()
            if self.text[self.at] in "\"'":
                found = _STRING.match(self.text, self.at)
                assert found is not None
                keys.append(str(tomllib.loads(f"key = {found[0]}")["key"]))
            else:
                found = _BARE.match(self.text, self.at)
                assert found is not None
                keys.append(found[0])
            self.at = found.end()
            self._skip_blank()
            if self.text[self.at] != ".":
                return keys
            self.at += 1

    def _note(self, place: Place) -> Place:
        self.found.setdefault(place, self._line_here())
        return place

    def _next_of(self, place: Place) -> Place:
        index = self.count.get(place, 0)
        self.count[place] = index + 1
        return self._note((*place, index))

    def _last_of(self, place: Place) -> Place:
        # `[town.space]` below `[[town]]` speaks of the last town.
        return (*place, self.count[place] - 1) if place in self.count else place

    def _skip_blank(self) -> bool:
        found = _BLANK.match(self.text, self.at)
        assert found is not None
        self.at = found.end()
        return self.at < len(self.text)

    def _line_here(self) -> int:
        self._line += self.text.count("\n", self._counted_to, self.at)
        self._counted_to = self.at
        return self._line
