"""Calls by mail who is to look after an alarm: the first at once, each deputy 15 minutes later, until it is taken on.

The key of a call names the event that began the alarm: a device that sends it again, or refills a restored hub, has
nobody called twice (D9).
"""

from collections.abc import Iterator
from typing import Final

from hub.domain.door_now import CALL_EVERY_US
from hub.domain.letters import Alarm
from hub.domain.mail import Draft, Reader
from hub.mail_ports import AlarmCalls, OpenAlarm

OLD_US: Final = 86_400_000_000
"""Nobody is called about an alarm that began so long ago: it stands on the hosts' page."""

USE_US: Final = 7_200_000_000
"""So long after it was written a call is still worth sending."""


class CallRota:
    """Writes calls into the outbox.

    Args:
        calls: alarms, and the outbox.
    """

    def __init__(self, calls: AlarmCalls) -> None:
        self._calls = calls

    def run(self, now_us: int) -> int:
        """Call whoever is to be called by now; return how many calls are new.

        Raises:
            StoreUnavailable: when the database can't be used now.
        """
        alarms = self._calls.open_alarms(max(now_us - OLD_US, 0))
        drafts = [draft for alarm in alarms for draft in _drafts(alarm, now_us)]
        return self._calls.add(drafts, now_us) if drafts else 0


def _drafts(alarm: OpenAlarm, now_us: int) -> Iterator[Draft]:
    called = max(now_us - alarm.began_us, 0) // CALL_EVERY_US + 1
    for position, account in enumerate(alarm.rota[:called]):
        yield Draft(
            key=f"alarm/{alarm.space}/{alarm.door}/{alarm.source}/{account}",
            reader=Reader(account=account),
            letter=Alarm(
                space_name=alarm.space_name,
                door_name=alarm.door_name,
                kind=alarm.kind,
                began_us=alarm.began_us,
                ended_us=alarm.ended_us,
                time_zone=alarm.time_zone,
                position=position,
                path=f"/spaces/{alarm.space}/host/",
            ),
            until_us=now_us + USE_US,
            space=alarm.space,
        )
