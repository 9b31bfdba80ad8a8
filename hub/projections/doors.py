"""How doors are now: per door and device the last word by (epoch ordinal, number), never by a wall clock (D8)."""

from collections.abc import Iterable, Sequence

from hub.domain.door_events import DoorWord
from hub.event_ports import DoorNow, Pictures, ToldEvent


class DoorLive:
    """Keeps the live state of doors; the last event wins, whatever the order in which they come."""

    def apply(self, events: Sequence[ToldEvent], pictures: Pictures) -> None:
        """Take events in; those of other kinds, and those that are not the last, change nothing (D9)."""
        last = last_door_words(events)
        if last:
            # In one order everywhere: two workers must not wait for each other's rows.
            pictures.put_doors([last[key] for key in sorted(last)])


def last_door_words(events: Iterable[ToldEvent]) -> dict[tuple[int, int], DoorNow]:
    """Return the last word on each door, by (door key, device key).

    A card's decision is none: it does not say how the door is. `since_us` is the latest that it can have happened.
    """
    last: dict[tuple[int, int], ToldEvent] = {}
    for event in events:
        if event.door_pk is None or not isinstance(event.told, DoorWord) or not event.told.mode:
            continue
        key = (event.door_pk, event.device_pk)
        known = last.get(key)
        if known is None or (event.ordinal, event.seq) >= (known.ordinal, known.seq):
            last[key] = event
    return {
        key: _row(key, event, event.told) for key, event in last.items() if isinstance(event.told, DoorWord)
    }


def _row(key: tuple[int, int], event: ToldEvent, word: DoorWord) -> DoorNow:
    return DoorNow(
        *key,
        word.mode,
        word.contact,
        word.released,
        event.latest_us,
        event.epoch_pk,
        event.ordinal,
        event.seq,
    )
