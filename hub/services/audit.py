"""Verifies the chains of the log, has them anchored, and lets their old part go."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

from hub.domain.audit import (
    EMPTY_HEAD,
    HOST_CHAIN,
    Anchor,
    AnchorKind,
    Entry,
    Finding,
    Head,
    LogRow,
    declared_erasures,
    event_of,
    signed_anchors,
    told_by,
    verify,
)
from hub.domain.events import TimeQuality
from hub.domain.texts import check_reason

DAY_US: Final = 86_400_000_000
_RETIMED_US: Final = 3_600_000_000
HOST_DAYS: Final = 400
"""How long the host chain is kept: longer than any other, because it declares what was erased from them."""


class ChainReader(Protocol):
    """One consistent look at all chains."""

    def chains(self) -> Mapping[str, tuple[int, bytes]]:
        """Return length and head by chain."""
        ...

    def strays(self) -> Mapping[str, int]:
        """Return chains without a row of their own that have entries or anchors, each with its first number."""
        ...

    def entries(self, chain: str) -> Iterable[Entry]:
        """Give the entries of a chain by number."""
        ...

    def anchors(self, chain: str) -> Sequence[Anchor]:
        """Return the anchors of a chain."""
        ...

    def heads(self) -> Mapping[str, Sequence[Head]]:
        """Return by chain what devices hand back."""
        ...

    def noted(self) -> Sequence[Finding]:
        """Return what was noted as devices handed heads back, unless a restore was declared since."""
        ...

    def door_log(self) -> Mapping[tuple[int, int], LogRow]:
        """Return the hosts' log by (epoch key, number)."""
        ...


class ChainLog(Protocol):
    """The chains; every method raises `StoreUnavailable` when the database can't be used now."""

    def looking(self) -> AbstractContextManager[ChainReader]:
        """Give one consistent look."""
        ...

    def anchor(self, kind: AnchorKind, sign: Callable[[Anchor], bytes], now_us: int) -> int:
        """Sign how the chains stand; return how many."""
        ...

    def anchor_restored(self, sign: Callable[[Anchor], bytes], now_us: int) -> None:
        """Sign how the chains stand in a backup, before anything is added to them."""
        ...

    def declare(self, what: Mapping[str, object], now_us: int) -> None:
        """Add an entry to the host chain."""
        ...

    def purge(self, before_us: Callable[[str], int]) -> int:
        """Delete entries that are too old, up to the last anchor; return how many went."""
        ...


def verify_log(
    log: ChainLog, is_signed: Callable[[Anchor], bool], kept_from_us: int | None = None
) -> list[Finding]:
    """Return the first finding of each chain that does not hold, and what the hosts' log says otherwise than its chain.

    Args:
        is_signed: whether an anchor bears the hub's signature.
        kept_from_us: since when nothing was deleted from the hosts' log; None when rows may be gone from all of it.
    """
    findings: list[Finding] = []
    with log.looking() as look:
        chains, heads = look.chains(), look.heads()
        declared = declared_erasures(look.entries(HOST_CHAIN))
        signed = signed_anchors(look.entries(HOST_CHAIN))
        texts = _Texts(look.door_log(), kept_from_us)
        strays = look.strays()
        for chain, number in strays.items():
            # The hub's signature is on what it had: such a chain lost its row, another one never had it.
            was_ours = any(one.is_whole and is_signed(one) for one in look.anchors(chain)) or chain in signed
            what = "missing: the chain's own row" if was_ours else "added: there is no such chain"
            findings.append(Finding(chain, number, what))
        for chain in sorted({*chains, *heads, *signed} - strays.keys()):
            length, head = chains.get(chain, (0, EMPTY_HEAD))
            finding = verify(
                chain,
                length,
                head,
                (texts.take(chain, entry) for entry in look.entries(chain)),
                look.anchors(chain),
                heads.get(chain, ()),
                is_signed=is_signed,
                is_declared=declared.numbers.get(chain, frozenset()).__contains__,
                signed=signed.get(chain, ()),
            )
            if finding is not None:
                findings.append(finding)
        # The list after brought the device other heads: what it handed back before stands in the alarms alone.
        findings += [noted for noted in look.noted() if noted.chain not in {one.chain for one in findings}]
    # Only beside whole chains does the hosts' log tell anything of its own.
    return findings or texts.findings(declared.events)


def rows_kept_from_us(door_days: int, now_us: int) -> int:
    """Return since when no row of the hosts' log has been purged.

    Args:
        door_days: how long rows are kept.
    """
    # A clock that was set again later in the same boot may move an event by a little.
    return now_us - door_days * DAY_US + _RETIMED_US


class _Texts:
    """Compares what the hosts' log says with what the chains do."""

    def __init__(self, door_log: Mapping[tuple[int, int], LogRow], kept_from_us: int | None) -> None:
        self._unknown, self._kept_from_us = dict(door_log), kept_from_us
        self._differing: dict[str, Finding] = {}

    def take(self, chain: str, entry: Entry) -> Entry:
        """Compare an entry; give it back as it is."""
        text = told_by(entry)
        event = event_of(text)
        if event is None:
            return entry
        row = self._unknown.pop(event, None)
        if row is None:
            if self._is_kept(text):
                self._note(chain, entry, "missing in the hosts' log: its row was deleted")
        elif not _says(row, text):
            self._note(chain, entry, "altered in the hosts' log: it says otherwise than the chain")
        return entry

    def _is_kept(self, text: Mapping[str, Any]) -> bool:
        """Say whether an event's row must still be there: one of unknown time may be older than anybody knew."""
        at_us = text.get("happened_us")
        if self._kept_from_us is None or not isinstance(at_us, int):
            return False
        return at_us >= self._kept_from_us and text.get("time") in (TimeQuality.EXACT, TimeQuality.DERIVED)

    def _note(self, chain: str, entry: Entry, what: str) -> None:
        self._differing.setdefault(chain, Finding(chain, entry.number, what))

    def findings(self, erased: Collection[tuple[int, int]]) -> list[Finding]:
        """Return what the hosts' log says otherwise, and its first row that no chain knows."""
        added = [
            Finding("door_log", seq, f"added: no chain knows event {seq} of epoch {epoch}")
            for epoch, seq in sorted(set(self._unknown) - set(erased))[:1]
        ]
        return [*self._differing.values(), *added]


def _says(row: LogRow, text: Mapping[str, Any]) -> bool:
    """Say whether a row is what its entry committed to; only an exact time is not set anew later (D8)."""
    committed = (text.get("what"), text.get("granted"), text.get("reason", ""), text.get("card"))
    place = (text.get("door", row.door), text.get("command"))
    is_in_time = text.get("time") != TimeQuality.EXACT or row.at_us == text.get("happened_us")
    return (*row[:4],) == committed and (row.door, row.command) == place and is_in_time


Sign = Callable[[bytes], bytes]
"""Signs with the hub's key what says by itself what it is."""


class KeepChains:
    """What is done with the chains each day: sign how they stand, then let go what is older than it may be.

    Args:
        log: the chains.
        door_days: how long entries of devices are kept.
    """

    def __init__(self, log: ChainLog, *, door_days: int) -> None:
        self._log, self._door_days = log, door_days

    def run(self, sign: Sign, now_us: int) -> tuple[int, int]:
        """Return how many anchors were signed and how many entries went.

        Raises:
            StoreUnavailable: when the database can't be used now; the next time does it all.
        """
        signed = self._log.anchor(AnchorKind.DAILY, _of_anchors(sign), now_us)

        def before_us(chain: str) -> int:
            days = HOST_DAYS if chain == HOST_CHAIN else self._door_days
            return max(0, now_us - days * DAY_US)

        return signed, self._log.purge(before_us)

    def begin_restore(self, sign: Sign, now_us: int) -> None:
        """Sign how far a backup knows the chains: new entries take the numbers of lost ones that devices remember."""
        self._log.anchor_restored(_of_anchors(sign), now_us)

    def declare_restore(self, reason: str, sign: Sign, now_us: int) -> int:
        """Say that the database was restored: what devices remember of the lost part is excused; return how many."""
        self._log.declare({"what": "restored", "reason": check_reason(reason)}, now_us)
        return self._log.anchor(AnchorKind.RESTORE, _of_anchors(sign), now_us)


def _of_anchors(sign: Sign) -> Callable[[Anchor], bytes]:
    return lambda anchor: sign(anchor.signed())
