"""What devices tell of doors, commands and cards, in the hub's words, and what alarms follow from it; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from hub.domain.doors import Contact, DoorAlarmKind

ACCESS: Final = "access"
"""In the log: a card was presented to come in."""

LEAVING: Final = "leaving"
"""In the log: a card was presented to go out; with the card only where the space has said why (requirement P2)."""

FORCED: Final = "forced"
HELD: Final = "held"
TAMPER: Final = "tamper"
CLOSED: Final = "closed"
CONTACT: Final = "contact"
STARTED: Final = "started"
TAMPER_ENDED: Final = "tamper_ended"
MODE: Final = "mode"
OPENED_REMOTELY: Final = "opened_remotely"


class DoorWord(NamedTuple):
    """Something that happened at a door.

    Args:
        door: id.
        what: `ACCESS`, `LEAVING`, or the wire's `DoorWhat`.
        reason: of a card's decision; of `mode` the mode, of `contact` and `started` the contact; empty otherwise.
        granted: of a card's decision, None otherwise.
        credential: look-up value of the card that it is about, as the device has it; empty for none. Of whoever leaves
            it is left out before anything is stored, unless the space logs exits.
        command: of the hub that brought it about, or empty.
        mode, contact, released: how the door is since; empty for a card's decision.
    """

    door: str
    what: str
    reason: str
    granted: bool | None = None
    credential: str = ""
    command: str = ""
    mode: str = ""
    contact: str = ""
    released: bool = False

    def __repr__(self) -> str:
        # A card's look-up value is pseudonymous (requirement P9): it never shows itself.
        return f"DoorWord({self.door}, {self.what}, {self.reason})"


class AnswerWord(NamedTuple):
    """What became of a command; `outcome` is the wire's `CommandOutcome`."""

    command: str
    outcome: str


class OfferWord(NamedTuple):
    """A card came to a reader at which the hub had asked for one; `sealed` is its number, sealed to the hub."""

    command: str
    kind: str
    sealed: str


class WrittenWord(NamedTuple):
    """Writing keys and id to a card ended; `reason` says why not, and is empty when it is done."""

    command: str
    reason: str


class TapWord(NamedTuple):
    """A card was shown to a reader that opens nothing: at a desk, or at a door that is only watched.

    Args:
        reader: its id at the device.
        credential: look-up value of the card, as the device has it.
    """

    reader: str
    credential: str

    def __repr__(self) -> str:
        # As in `DoorWord`: a look-up value never shows itself (requirement P9).
        return f"TapWord({self.reader})"


Told = DoorWord | AnswerWord | OfferWord | WrittenWord | TapWord
"""What events say that are not of desks."""


class Sign(NamedTuple):
    """A row of a door's log that begins or ends an alarm; `key` is (epoch key, number)."""

    key: tuple[int, int]
    at_us: int
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Family:
    """Alarms that the same signs end.

    Args:
        begins: sign to the alarm that it begins.
        ends: signs that end them; `ends_closed` those that do so when their reason is that the door is closed.
    """

    begins: dict[str, DoorAlarmKind]
    ends: tuple[str, ...]
    ends_closed: tuple[str, ...] = ()

    @property
    def signs(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.begins, *self.ends, *self.ends_closed)

    def is_end(self, what: str, reason: str) -> bool:
        """Say whether a sign ends the family's alarms."""
        return what in self.ends or (what in self.ends_closed and reason == Contact.CLOSED)


FAMILIES: Final = (
    # A device that began anew does not remember an alarm: it tells that the door is closed in other words.
    Family({FORCED: DoorAlarmKind.FORCED, HELD: DoorAlarmKind.HELD}, (CLOSED,), (CONTACT, STARTED)),
    Family({TAMPER: DoorAlarmKind.TAMPER}, (TAMPER_ENDED,)),
)


class Alarmed(NamedTuple):
    """An alarm as signs tell it; `key` is that of the sign that began it."""

    key: tuple[int, int]
    kind: DoorAlarmKind
    began_us: int
    ended_us: int | None


def alarms_of(family: Family, signs: Iterable[Sign]) -> list[Alarmed]:
    """Return the alarms that signs tell, in order; the same one told again while it lasts is no other.

    Args:
        signs: of one door, in the order of the device, from behind an end on.
    """
    found: list[Alarmed] = []
    lasting: dict[DoorAlarmKind, Alarmed] = {}
    for sign in signs:
        kind = family.begins.get(sign.what)
        if kind is not None and kind not in lasting:
            lasting[kind] = Alarmed(sign.key, kind, sign.at_us, None)
        elif family.is_end(sign.what, sign.reason):
            found += [alarm._replace(ended_us=max(sign.at_us, alarm.began_us)) for alarm in lasting.values()]
            lasting.clear()
    return sorted([*found, *lasting.values()], key=lambda alarm: (alarm.began_us, alarm.key))
