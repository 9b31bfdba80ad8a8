"""The chains of the log: salted commitments, hash by hash, and what is wrong with a stored one; pure (DESIGN 6).

An entry commits to a text under a random salt of its own: erasing text and salt leaves a commitment that says nothing
of a person any more, and the chain still verifies. Anyone who can write into the database can also work out hashes, so
two things hold the chains from outside: anchors that `jobs` signs, and heads that devices were given and hand back.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

SALT_BYTES: Final = 32
EMPTY_HEAD: Final = bytes(32)
"""Head of a chain without entries."""

HOST_CHAIN: Final = "host"
"""Chain of what hosts and commands do; each device has a chain of its own, `space/device`."""

ERASED: Final = "erased"
"""What the entry of the host chain says that declares an erasure: which numbers of which chain."""

ANCHORED: Final = "anchored"
"""What the entry of the host chain says that stands before anchors: at which numbers of which chains, and at itself."""

LIST_LIFE_US: Final = 14 * 86_400_000_000
"""For how long a list is issued: its end tells when it was."""

_COMMITMENT: Final = b"ankerort/log/commitment\x00"
_LINK: Final = b"ankerort/log/link\x00"
_ANCHOR: Final = b"ankerort/log/anchor\x00"


@dataclass(frozen=True, slots=True)
class Link:
    """What the next entry of a chain holds."""

    number: int
    commitment: bytes
    hash: bytes


class AnchorKind(StrEnum):
    """Why an anchor was signed: each day, or because the database was restored from a backup and somebody says so."""

    DAILY = "daily"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Anchor:
    """How a chain stood, signed; retention deletes behind anchors only.

    Args:
        number: of the last entry, 0 for an empty chain.
        hash: of that entry.
        at_us: when it was signed.
    """

    chain: str
    number: int
    hash: bytes
    at_us: int
    kind: AnchorKind
    signature: bytes = b""

    @property
    def is_whole(self) -> bool:
        """Whether it can be one at all, whoever has written into its row."""
        return self.number >= 0 and self.at_us >= 0 and len(self.hash) == len(EMPTY_HEAD)

    def signed(self) -> bytes:
        """Return what is signed."""
        fixed = self.number.to_bytes(8, "big") + self.at_us.to_bytes(8, "big") + self.hash
        return _ANCHOR + f"{self.kind.value}\x00{self.chain}\x00".encode() + fixed


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it is stored; `payload` and `salt` are None when it was erased.

    Args:
        card: key of the card that it is about.
    """

    number: int
    at_us: int
    payload: bytes | None
    salt: bytes | None
    commitment: bytes
    hash: bytes
    card: int | None


@dataclass(frozen=True, slots=True)
class Head:
    """How far a chain had come when a device was told.

    Args:
        told_us: when the list that brought it was issued.
        holder: who hands it back, `space/device`, where that matters.
    """

    length: int
    hash: bytes
    told_us: int
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """The first thing that is wrong with a chain.

    Args:
        number: of the entry.
        what: in words.
    """

    chain: str
    number: int
    what: str


@dataclass(frozen=True, slots=True)
class Signed:
    """That an anchor was signed.

    Args:
        number: of the entry that it was signed at.
        at_us: when.
    """

    number: int
    at_us: int


class LogRow(NamedTuple):
    """A row of the hosts' log, as far as its chain committed to it.

    Args:
        at_us: when it happened.
        card: key of the card.
    """

    what: str
    granted: bool | None
    reason: str
    card: int | None
    door: str
    command: str | None
    at_us: int


def text_of(what: Mapping[str, object]) -> bytes:
    """Return an entry's text: JSON with sorted keys, the same bytes for the same words."""
    return json.dumps(what, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def commit_to(text: bytes, salt: bytes) -> bytes:
    """Return the commitment to a text: SHA-256 over salt and text."""
    return hashlib.sha256(_COMMITMENT + salt + text).digest()


def link(chain: str, number: int, at_us: int, commitment: bytes, before: bytes) -> bytes:
    """Return the hash of an entry: over its chain, number, time, commitment and the hash before it.

    Args:
        number: from 1.
        at_us: when it was written.
        before: hash of entry `number - 1`, `EMPTY_HEAD` for the first.
    """
    fixed = number.to_bytes(8, "big") + at_us.to_bytes(8, "big") + commitment + before
    return hashlib.sha256(_LINK + chain.encode("utf-8") + b"\x00" + fixed).digest()


def next_link(chain: str, length: int, head: bytes, at_us: int, text: bytes, salt: bytes) -> Link:
    """Return what follows in a chain of `length` entries that ends in `head`."""
    commitment = commit_to(text, salt)
    return Link(length + 1, commitment, link(chain, length + 1, at_us, commitment, head))


def verify(  # noqa: PLR0913 - all that holds a chain from outside, each by its name
    chain: str,
    length: int,
    head: bytes,
    entries: Iterable[Entry],
    anchors: Sequence[Anchor],
    heads: Sequence[Head],
    *,
    is_signed: Callable[[Anchor], bool],
    is_declared: Callable[[int], bool],
    signed: Sequence[Signed] = (),
) -> Finding | None:
    """Return the first thing that is wrong with a stored chain, or None.

    Args:
        length, head: as the chain's own row says.
        entries: all that are stored, by number.
        anchors: all that are stored.
        heads: that devices hand back.
        is_signed: whether an anchor bears the hub's signature.
        is_declared: whether the erasure of an entry's text stands in the host chain.
        signed: which anchors the host chain says were signed.
    """
    for anchor in anchors:
        if not anchor.is_whole or not is_signed(anchor):
            return Finding(chain, anchor.number, "altered: its anchor does not bear the hub's signature")
    known = {anchor.number: anchor for anchor in anchors}
    walk = _Walk(chain, known, is_declared)
    for entry in entries:
        finding = walk.step(entry)
        if finding is not None:
            return finding
    restores = [anchor for anchor in anchors if anchor.kind is AnchorKind.RESTORE]
    return (
        walk.against_row(length, head)
        or walk.against_anchors(anchors)
        or walk.against_signed(signed, length, restores)
        or walk.against_heads(heads, restores)
    )


def is_excused(head: Head, restores: Iterable[Anchor]) -> bool:
    """Say whether a head was told before a restore that was declared: what it knows went with the old database."""
    return any(restore.number < head.length and head.told_us <= restore.at_us for restore in restores)


class _Walk:
    """Goes along a chain from its first stored entry, and remembers the hashes that it passed."""

    def __init__(self, chain: str, anchors: Mapping[int, Anchor], is_declared: Callable[[int], bool]) -> None:
        self._chain, self._anchors, self._is_declared = chain, anchors, is_declared
        self._number, self._hash = 0, EMPTY_HEAD
        self._first: int | None = None
        self._passed: dict[int, bytes] = {0: EMPTY_HEAD}

    def step(self, entry: Entry) -> Finding | None:
        if self._first is None and entry.number > 1:
            anchor = self._anchors.get(entry.number - 1)
            if anchor is None:
                return self._finding(
                    1, f"missing: entries 1 to {entry.number - 1} went without a signed anchor"
                )
            self._number, self._hash = anchor.number, anchor.hash
            self._passed[anchor.number] = anchor.hash
        if self._first is None:
            self._first = entry.number
        expected = self._number + 1
        if entry.number != expected:
            return self._finding(
                expected, "missing: a row was deleted" if entry.number > expected else "added"
            )
        problem = self._problem(entry)
        if problem:
            return self._finding(entry.number, problem)
        self._number, self._hash = entry.number, entry.hash
        self._passed[entry.number] = entry.hash
        return None

    def _problem(self, entry: Entry) -> str:
        if entry.at_us < 0:
            return "altered: its time is none"
        if entry.payload is None or entry.salt is None:
            if not self._is_declared(entry.number):
                return "altered: its text is gone, and no erasure was declared"
            if entry.card is not None:
                return "altered: its text was erased, and it points to a card again"
        elif commit_to(entry.payload, entry.salt) != entry.commitment:
            return "altered: its text is not the one that was committed to"
        elif told_by(entry).get("card") != entry.card:
            return "altered: it points to another card than its text"
        if link(self._chain, entry.number, entry.at_us, entry.commitment, self._hash) != entry.hash:
            return "altered, or in another place: its hash does not follow from the entry before it"
        return ""

    def against_row(self, length: int, head: bytes) -> Finding | None:
        if self._first is None and length:
            anchor = self._anchors.get(length)
            if anchor is None:
                return self._finding(length, "missing: the chain's end was cut off")
            self._number, self._hash = anchor.number, anchor.hash
            self._passed[anchor.number] = anchor.hash
        if self._number < length:
            return self._finding(self._number + 1, "missing: the chain's end was cut off")
        if self._number > length or self._hash != head:
            return self._finding(self._number, "added: the chain's own row does not know it")
        return None

    def against_anchors(self, anchors: Sequence[Anchor]) -> Finding | None:
        for anchor in sorted(anchors, key=lambda one: one.number):
            if anchor.number > self._number:
                return self._finding(
                    self._number + 1, f"missing: an anchor was signed at entry {anchor.number}"
                )
            if self._passed.get(anchor.number, anchor.hash) != anchor.hash:
                return self._finding(anchor.number, "altered: it is not the entry that was anchored")
        return None

    def against_signed(
        self, signed: Iterable[Signed], length: int, restores: Sequence[Anchor]
    ) -> Finding | None:
        # Retention keeps the anchor before the first entry that is left, and takes those before it.
        kept_from = (length + 1 if self._first is None else self._first) - 1
        for one in signed:
            is_lost = any(restore.number < one.number and one.at_us <= restore.at_us for restore in restores)
            if one.number >= kept_from and one.number not in self._anchors and not is_lost:
                return self._finding(one.number, "missing: the anchor that was signed at it was deleted")
        return None

    def against_heads(self, heads: Sequence[Head], restores: Sequence[Anchor]) -> Finding | None:
        for head in heads:
            if is_excused(head, restores):
                continue
            if head.length > self._number:
                what = f"missing: {head.holder} was told of {head.length} entries; is this an older database?"
                return self._finding(self._number + 1, what)
            if self._passed.get(head.length, head.hash) != head.hash:
                return self._finding(head.length, f"altered: {head.holder} was told of another entry")
        return None

    def _finding(self, number: int, what: str) -> Finding:
        return Finding(self._chain, number, what)


@dataclass(frozen=True, slots=True)
class Erasures:
    """What the host chain declares as erased.

    Args:
        numbers: of entries, by chain.
        events: (epoch key, number) of the events that these entries told.
    """

    numbers: Mapping[str, frozenset[int]]
    events: frozenset[tuple[int, int]]


def declared_erasures(host_entries: Iterable[Entry]) -> Erasures:
    """Return what was declared erased, from the entries of the host chain."""
    numbers: dict[str, set[int]] = {}
    events: set[tuple[int, int]] = set()
    for entry in host_entries:
        text = told_by(entry)
        if text.get("what") == ERASED:
            # A text that somebody has written makes its own entry a finding, and declares nothing.
            with suppress(TypeError, ValueError):
                numbers.setdefault(str(text.get("chain")), set()).update(text.get("numbers", ()))
                events.update((epoch, seq) for epoch, seq in text.get("events", ()))
    return Erasures({chain: frozenset(found) for chain, found in numbers.items()}, frozenset(events))


def signed_anchors(host_entries: Iterable[Entry]) -> Mapping[str, Sequence[Signed]]:
    """Return by chain which anchors were signed, from the entries of the host chain."""
    found: dict[str, list[Signed]] = {}
    for entry in host_entries:
        text = told_by(entry)
        numbers = text.get("anchors")
        if text.get("what") == ANCHORED and isinstance(numbers, dict):
            for chain, number in {**numbers, HOST_CHAIN: entry.number}.items():
                if isinstance(number, int):
                    found.setdefault(chain, []).append(Signed(number, entry.at_us))
    return found


def event_of(text: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return (epoch key, number) of the event that an entry's words tell, None when they tell none."""
    epoch, seq = text.get("epoch"), text.get("seq")
    return (epoch, seq) if isinstance(epoch, int) and isinstance(seq, int) else None


def told_by(entry: Entry) -> dict[str, Any]:
    """Return the words of an entry; none when they were erased or are none."""
    try:
        text = {} if entry.payload is None else json.loads(entry.payload)
    except (ValueError, RecursionError):
        return {}
    return text if isinstance(text, dict) else {}
