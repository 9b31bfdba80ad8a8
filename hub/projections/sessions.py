"""Pieces of use of desks: one per event that told one, under the event's own key."""

from collections.abc import Iterable, Sequence

from hub.domain.events import EventKind
from hub.event_ports import DeskEvent, Pictures, SessionRow

_SESSION = EventKind.DESK_SESSION.value


class DeskSessions:
    """Keeps the pieces of use; the same event again, with another time perhaps, gives the same piece (D8, D9)."""

    def apply(self, events: Sequence[DeskEvent], pictures: Pictures) -> None:
        """Take events in; those of other kinds change nothing."""
        rows = sessions(events)
        if rows:
            pictures.put_sessions(rows)


def sessions(events: Iterable[DeskEvent]) -> list[SessionRow]:
    """Return the pieces that events tell, both ends at the latest that they can have been."""
    return [
        SessionRow(
            event.epoch_pk,
            event.seq,
            event.desk_pk,
            max(event.latest_us - event.reported.start_ago_us, 0),
            max(event.latest_us - event.reported.end_ago_us, 0),
            event.latest_us - event.earliest_us,
            event.time_quality,
            event.reported.continues,
            event.reported.is_open,
        )
        for event in events
        if event.reported.kind == _SESSION
    ]
