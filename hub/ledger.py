"""The ledger of blocked cards and erased persons: an append-only file outside the database and its backups.

One line of JSON for each word (`hub.custody_ports.Ledger`). It names cards by their tags, which say nothing without the
hub's keys, and persons by the random word that stood for them in the database that has forgotten them.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from hub.append_only import append_durably
from hub.custody_ports import LedgerWord

_log = logging.getLogger(__name__)

ERASED: Final = "erased"
WORDS: Final = ("blocked", "unblocked", "retired")


class FileLedger:
    """A ledger in a file, which is made when the first word is written; used by one thread at a time.

    Args:
        file: where it is.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._words: dict[tuple[str, str], LedgerWord] | None = None

    def words(self) -> Mapping[tuple[str, str], LedgerWord]:
        """Return the last word on each card; what can't be read is told and left out.

        Raises:
            OSError: when there is a file that can't be read.
        """
        if self._words is None:
            self._words = self._read()
        return self._words

    def append(self, words: Sequence[LedgerWord]) -> None:
        """Add words, durably.

        Raises:
            OSError: when they can't be written.
        """
        known = dict(self.words())
        self._write([{"v": 1, **word._asdict()} for word in words])
        known.update({(word.space, word.uid_tag): word for word in words})
        self._words = known

    def erased(self) -> Mapping[str, int]:
        """Return the words of erased persons, and when they were erased; what can't be read is left out.

        Raises:
            OSError: when there is a file that can't be read.
        """
        try:
            lines = self._file.read_bytes().splitlines()
        except FileNotFoundError:
            return {}
        return {found[0]: found[1] for found in map(_erasure, lines) if found is not None}

    def append_erased(self, erased: Mapping[str, int]) -> None:
        """Add the words of erased persons, durably.

        Raises:
            OSError: when they can't be written.
        """
        self._write(
            [{"v": 1, "what": ERASED, "ref": ref, "erased_us": at} for ref, at in sorted(erased.items())]
        )

    def _write(self, lines: Sequence[Mapping[str, object]]) -> None:
        text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
        append_durably(self._file, text)

    def _read(self) -> dict[tuple[str, str], LedgerWord]:
        try:
            lines = self._file.read_bytes().splitlines()
        except FileNotFoundError:
            return {}
        found: dict[tuple[str, str], LedgerWord] = {}
        for number, line in enumerate(lines, start=1):
            word = _word(line)
            if word is not None:
                found[word.space, word.uid_tag] = word
            elif line.strip() and _erasure(line) is None:
                # A power cut ends a line in the middle; whoever was blocked by it is blocked in the database, too.
                _log.warning("ledger %s: line %d can't be read and is left out", self._file, number)
        return found


def _word(line: bytes) -> LedgerWord | None:
    try:
        told = json.loads(line)
        word = LedgerWord(told["space"], told["uid_tag"], told["what"], told["changed_us"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    is_sound = word.what in WORDS and type(word.changed_us) is int
    return word if is_sound and {type(word.space), type(word.uid_tag)} == {str} else None


def _erasure(line: bytes) -> tuple[str, int] | None:
    try:
        told = json.loads(line)
        what, ref, at_us = told["what"], told["ref"], told["erased_us"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    is_sound = what == ERASED and isinstance(ref, str) and type(at_us) is int
    return (ref, at_us) if is_sound else None
