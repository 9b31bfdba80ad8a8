"""The live state of desks: per desk and device the last word by (epoch ordinal, number), never by a wall clock (D8)."""

from collections.abc import Iterable, Sequence

from hub.domain.events import EventKind
from hub.event_ports import DeskEvent, LiveRow, Pictures

_STATE = EventKind.DESK_STATE.value


class DeskLive:
    """Keeps the live state of desks; the last event wins, whatever the order in which they come."""

    def apply(self, events: Sequence[DeskEvent], pictures: Pictures) -> None:
        """Take events in; those of other kinds, and those that are not the last, change nothing (D9)."""
        last = last_words(events)
        if last:
            # In one order everywhere: two workers must not wait for each other's rows.
            pictures.put_live([last[key] for key in sorted(last)])


def last_words(events: Iterable[DeskEvent]) -> dict[tuple[int, int], LiveRow]:
    """Return the last word on each desk, by (desk key, device key).

    `since_us` is the latest that it can have happened: of the bounds, the one that claims least.
    """
    last: dict[tuple[int, int], DeskEvent] = {}
    for event in events:
        if event.reported.kind != _STATE:
            continue
        key = (event.desk_pk, event.device_pk)
        known = last.get(key)
        if known is None or (event.ordinal, event.seq) >= (known.ordinal, known.seq):
            last[key] = event
    return {key: _live_row(event) for key, event in last.items()}


def _live_row(event: DeskEvent) -> LiveRow:
    return LiveRow(
        event.desk_pk,
        event.device_pk,
        event.reported.state,
        event.reported.reason,
        event.latest_us,
        event.time_quality,
        event.epoch_pk,
        event.ordinal,
        event.seq,
    )
