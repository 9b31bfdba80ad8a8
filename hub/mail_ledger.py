"""The ledger of sent mails: an append-only file outside the database and its backups (`hub.mail_ports.SentMails`).

One line of JSON for each mail that a server took, written at once: neither a crash before the database knew of it, nor
a restored backup whose events the devices refill, has it sent again (D9). A line holds a digest, and says of nobody.
"""

import json
import logging
from pathlib import Path
from typing import Final

from hub.append_only import append_durably, sync_folder
from hub.domain.mail import sent_digest

_log = logging.getLogger(__name__)

_DIGEST_LENGTH: Final = 64


class FileSentMails:
    """A ledger in a file, which is made when the first mail was sent; used by one thread at a time.

    Args:
        file: where it is.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._sent: dict[str, int] | None = None

    def has(self, key: str) -> bool:
        """Say whether a mail of this key was sent.

        Raises:
            OSError: when there is a file that can't be read.
        """
        return sent_digest(key) in self._known()

    def add(self, key: str, now_us: int) -> None:
        """Note that one was, durably.

        Raises:
            OSError: when it can't be written.
        """
        known, digest = self._known(), sent_digest(key)
        # It holds for this process even if the disk is full.
        known[digest] = now_us
        append_durably(self._file, _line(digest, now_us))

    def forget(self, before_us: int) -> None:
        """Leave out what was noted before a moment; the new file takes the place of the old one whole.

        Raises:
            OSError: when it can't be written; the old one stays.
        """
        known = self._known()
        kept = {digest: at_us for digest, at_us in known.items() if at_us >= before_us}
        if len(kept) == len(known):
            return
        beside = self._file.with_name(f"{self._file.name}.new")
        beside.unlink(missing_ok=True)
        append_durably(beside, "".join(_line(digest, at_us) for digest, at_us in kept.items()))
        beside.replace(self._file)
        sync_folder(self._file.parent)
        self._sent = kept

    def _known(self) -> dict[str, int]:
        if self._sent is None:
            self._sent = self._read()
        return self._sent

    def _read(self) -> dict[str, int]:
        try:
            lines = self._file.read_bytes().splitlines()
        except FileNotFoundError:
            return {}
        found: dict[str, int] = {}
        for number, line in enumerate(lines, start=1):
            word = _word(line)
            if word is not None:
                found[word[0]] = word[1]
            elif line.strip():
                _log.warning("ledger %s: line %d can't be read and is left out", self._file, number)
        return found


def _line(digest: str, at_us: int) -> str:
    return json.dumps({"v": 1, "sent": digest, "at_us": at_us}, separators=(",", ":")) + "\n"


def _word(line: bytes) -> tuple[str, int] | None:
    try:
        told = json.loads(line)
        digest, at_us = told["sent"], told["at_us"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    is_sound = isinstance(digest, str) and len(digest) == _DIGEST_LENGTH and type(at_us) is int
    return (digest, at_us) if is_sound else None
