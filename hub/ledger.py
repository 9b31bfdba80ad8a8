"""The ledger of blocked cards: an append-only file outside the database and its backups (`hub.custody_ports.Ledger`).

One line of JSON for each word. It names cards by their tags, which say nothing without the hub's keys.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from hub.append_only import append_durably
from hub.custody_ports import LedgerWord

_log = logging.getLogger(__name__)

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
        text = "".join(json.dumps({"v": 1, **word._asdict()}, separators=(",", ":")) + "\n" for word in words)
        append_durably(self._file, text)
        known.update({(word.space, word.uid_tag): word for word in words})
        self._words = known

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
            elif line.strip():
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
