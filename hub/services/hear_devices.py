"""Takes in what devices say of themselves: births, wills, what and how they are. The one lease holder does it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from hub.domain.access import MAX_VERSION
from hub.domain.device_words import DeviceWords, MetaWord, StatusWord, Word, after, looks_different
from hub.domain.events import Alarm, AlarmKind
from hub.domain.occupancy import DeviceStatus
from hub.event_ports import EventStore
from hub.ports import DeviceWordsStore, DeviceWordsUnit
from hub.services.directory import Directory

_LOG_DIFFERS: Final = (
    "the device was told of other entries of this chain: was the database swapped or restored? "
    "`ankerort-hub audit verify`"
)

MAX_STRANGERS: Final = 1000
"""How many unknown devices' births are remembered at most: anybody may claim to be one."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A word of a device.

    Args:
        retained: whether the broker had kept it, so that it may be old.
    """

    space: str
    device: str
    word: Word
    retained: bool


@dataclass(slots=True)
class Answer:
    """What follows from words.

    Args:
        marks: (space, device, epoch) to committed mark, for every birth (D3).
        changed: ids of spaces whose desks may look different.
        rang: alarms that rang for the first time.
    """

    marks: dict[tuple[str, str, str], int] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    rang: list[Alarm] = field(default_factory=list)


class HearDevices:
    """Takes groups of words in, each group in one transaction.

    Args:
        store: where the words are kept.
        events: the log, for marks.
        directory: which devices there are.
    """

    def __init__(self, store: DeviceWordsStore, events: EventStore, directory: Directory) -> None:
        self._store, self._events, self._directory = store, events, directory
        self._strangers: dict[tuple[str, str], Heard] = {}

    def hear(self, heard: Sequence[Heard], unreadable: Sequence[tuple[str, str]], now_us: int) -> Answer:
        """Take words in and commit.

        Args:
            heard: in the order of arrival.
            unreadable: (`space/device`, why) of messages that could not be read.
            now_us: when they arrived.

        Raises:
            StoreUnavailable: when the database can't now; nothing of the group was kept.
        """
        answer = Answer()
        alarms = [Alarm(AlarmKind.UNREADABLE_HEADER, subject, why) for subject, why in unreadable]
        known = []
        for item in heard:
            device = self._directory.device(item.space, item.device, now_us)
            if device is None:
                subject = f"{item.space}/{item.device}"
                alarms.append(Alarm(AlarmKind.UNKNOWN_DEVICE, subject, "no site file has this device"))
                self._remember(item)
            else:
                missed = self._strangers.get((item.space, item.device))
                known += [(word, device.pk) for word in (missed, item) if word is not None]
        if not known and not alarms:
            return answer
        with self._store.writing() as unit:
            before = unit.load({pk for _, pk in known})
            words: dict[int, DeviceWords] = dict(before)
            for item, pk in known:
                words[pk] = after(words[pk], item.word, now_us, retained=item.retained)
                if looks_different(before[pk], words[pk], now_us):
                    answer.changed.add(item.space)
            unit.save({pk: now for pk, now in words.items() if now != before[pk]})
            applied = {
                pk: item.word.list_version
                for item, pk in known
                if isinstance(item.word, MetaWord) and item.word.list_version < MAX_VERSION
            }
            if applied:
                unit.note_applied(applied, now_us)
            alarms += [
                alarm
                for item, _ in known
                if isinstance(item.word, MetaWord)
                for alarm in _differences(unit, item, item.word)
            ]
            answer.rang += unit.alarm(alarms, now_us) if alarms else ()
            unit.commit()
        for item, pk in known:
            # Only now: a group that failed comes again.
            self._strangers.pop((item.space, item.device), None)
            word = item.word
            if isinstance(word, StatusWord) and word.status is DeviceStatus.ONLINE and word.epoch:
                mark = self._events.mark(pk, word.epoch)
                answer.marks[item.space, item.device, word.epoch] = mark
        return answer

    def _remember(self, stranger: Heard) -> None:
        """Keep an unknown device's birth: once a site file names it, its next word has it answered (D3).

        Without the mark an idle device never learns that a restored hub lacks its events (D5).
        """
        key = (stranger.space, stranger.device)
        if isinstance(stranger.word, StatusWord) and (
            key in self._strangers or len(self._strangers) < MAX_STRANGERS
        ):
            self._strangers[key] = stranger


def _differences(unit: DeviceWordsUnit, heard: Heard, word: MetaWord) -> list[Alarm]:
    """Compare what a device was told of the log with the log; the next list brings it other heads, so it is noted."""
    by = f"{heard.space}/{heard.device}"
    return [
        Alarm(AlarmKind.LOG_DIFFERS, f"{by} {chain}", _LOG_DIFFERS) for chain in unit.differing(word.heads)
    ]
