"""How long a session lasts: it ends after a while without any activity, and at once, copies included, on signing out.

The session is a signed cookie (`flask.session`); what is kept here in memory are the ones that were ended early.
"""

import threading
from secrets import token_hex
from typing import Final

from flask import session

MEMBER_S: Final = 12 * 3600
STAFF_S: Final = 3600
"""Who sees other people's names is signed out sooner, unless "stay signed in for 12 hours" was chosen (WCAG 2.2.1:
adjust, before the limit is met, to ten times as much) or the page's warning was answered (extend)."""
WARN_S: Final = 300
"""So long before the end a page says so."""
_NOTE_EVERY_S: Final = 30
"""Activity is written into the cookie at most this often."""

_ID: Final = "sid"
_SEEN: Final = "at"
_LONG: Final = "long"


class SessionLife:
    """When sessions end.

    A session that was ended is remembered until a copy of its cookie is too old anyway: in this process. Ending all
    sessions of an account for all processes is a new uniquifier (`hub.access_ports.Account`).
    """

    longest_s: Final = MEMBER_S

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ended: dict[str, int] = {}

    def begin(self, now_us: int, *, for_long: bool) -> None:
        """Mark the present session as new."""
        session.permanent = True
        session[_ID] = token_hex(16)
        session[_SEEN] = now_us // 1_000_000
        session[_LONG] = for_long

    def go_on(self, now_us: int, *, is_staff: bool, is_activity: bool) -> int:
        """Return how many seconds the present session still lasts from now on; 0 when it is over.

        Args:
            is_activity: whether the request prolongs it.
        """
        now_s = now_us // 1_000_000
        id_, seen_s = session.get(_ID), session.get(_SEEN)
        if not isinstance(id_, str) or not isinstance(seen_s, int) or self._is_ended(id_):
            return 0
        limit_s = STAFF_S if is_staff and not session.get(_LONG) else MEMBER_S
        left_s = seen_s + limit_s - now_s
        if left_s <= 0 or not is_activity:
            return max(left_s, 0)
        if now_s - seen_s >= _NOTE_EVERY_S:
            session[_SEEN] = now_s
        return limit_s

    def end(self, now_us: int) -> None:
        """Let the present session, and every copy of its cookie, be over."""
        id_ = session.get(_ID)
        if not isinstance(id_, str):
            return
        now_s = now_us // 1_000_000
        with self._lock:
            self._ended = {one: until_s for one, until_s in self._ended.items() if until_s > now_s}
            self._ended[id_] = now_s + MEMBER_S

    def _is_ended(self, id_: str) -> bool:
        with self._lock:
            return id_ in self._ended
