"""Which reader of the settings is which of PC/SC's readers, and what is known of it."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wire.errors import InvalidSetting

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Slot:
    """A reader of the settings.

    Args:
        reader: its id.
        match: a part of the name that PC/SC gives it.
        name: that name; empty while it is not there.
        connected: whether it is there; None before that was told.
        state: as PC/SC told it last.
        greeted: whether it was told what its kind is told once.
        warned: whether it was said that its `match` fits several.
        served: id of the order for which the card that lies there was tried.
        used: whether the card that lies there was talked to, and may be in the middle of a session.
    """

    reader: str
    match: str
    name: str = ""
    connected: bool | None = None
    state: int = 0
    greeted: bool = False
    warned: bool = False
    served: str = ""
    used: bool = False

    def forget(self) -> None:
        """Know nothing of the reader again."""
        self.name, self.connected, self.state = "", None, 0
        self.card_gone()

    def card_gone(self) -> None:
        """Know nothing of its card again."""
        self.served, self.used = "", False


def slots_of(readers: Mapping[str, str]) -> list[Slot]:
    """Return a slot for each reader; the most particular match is first, and chooses first.

    Args:
        readers: reader id to its `match`.

    Raises:
        InvalidSetting: when two readers have the same `match`.
    """
    for reader, match in readers.items():
        twins = [other for other in readers if other != reader and readers[other].lower() == match.lower()]
        if twins:
            raise InvalidSetting(
                f"readers {reader} and {twins[0]} both match {match!r}: give each a part of its name that "
                "the other has not, such as its serial number (pcsc_scan shows the names)"
            )
    by_length = sorted(readers.items(), key=lambda item: (-len(item[1]), item[0]))
    return [Slot(reader, match) for reader, match in by_length]


def found(slots: Sequence[Slot], names: Sequence[str]) -> Iterator[Slot]:
    """Give each slot without a reader the one that fits it, and yield these slots; a reader stays with its slot."""
    for slot in slots:
        if slot.name:
            continue
        taken = {other.name for other in slots}
        fitting = [name for name in names if slot.match.lower() in name.lower() and name not in taken]
        if not fitting:
            continue
        if len(fitting) > 1 and not slot.warned:
            slot.warned = True
            _log.warning(
                "reader %s: %r fits %s; taking the first. Set `match` to what only one has.",
                slot.reader,
                slot.match,
                ", ".join(map(repr, fitting)),
            )
        slot.name, slot.state, slot.greeted = fitting[0], 0, False
        slot.card_gone()
        yield slot
