"""Sends commands to devices, each at most once: it is noted as sent before it goes."""

import logging
from typing import Final

from hub.custody_ports import (
    AskedCommand,
    CommandDates,
    CommandQueue,
    CustodyBroken,
    DeviceMail,
    Recipient,
    Sealing,
)
from hub.domain.doors import CommandKind

_log = logging.getLogger(__name__)

VALID_US: Final = 10_000_000
"""A command is void after so long (DESIGN section 6)."""

MAX_WAIT_S: Final = 600


class SendCommands:
    """Sends what was asked for.

    Args:
        queue: commands on their way.
        mail: to the devices.
    """

    def __init__(self, queue: CommandQueue, mail: DeviceMail) -> None:
        self._queue, self._mail = queue, mail
        self._number = 0

    def run(self, sealing: Sealing | None, now_us: int) -> int:
        """Send what can be sent, end what can't; return how many went.

        Args:
            sealing: made with the hub's keys; None while there are none.

        Raises:
            StoreUnavailable: when the database can't be used now; what was not noted is sent later.
        """
        return sum(self._send(sealing, asked, now_us) for asked in self._queue.asked())

    def expire(self, now_us: int) -> int:
        """End commands that nobody answered in time."""
        return self._queue.expire(now_us)

    def _send(self, sealing: Sealing | None, asked: AskedCommand, now_us: int) -> bool:
        if asked.until_us <= now_us:
            return self._give_up(asked, "no_answer")
        if sealing is None or asked.to is None:
            return self._give_up(asked, "no_keys")
        if not asked.session:
            return self._give_up(asked, "offline")
        try:
            return self._seal(sealing, asked.to, asked, now_us)
        except (CustodyBroken, ValueError) as error:
            _log.error("command %s: %s", asked.id, error)
            return self._give_up(asked, "refused")

    def _give_up(self, asked: AskedCommand, outcome: str) -> bool:
        _log.warning("command %s (%s) is not sent: %s", asked.id, asked.kind.value, outcome)
        self._queue.give_up(asked.id, outcome)
        return False

    def _seal(self, sealing: Sealing, to: Recipient, asked: AskedCommand, now_us: int) -> bool:
        new_id, is_writing = None, asked.kind is CommandKind.WRITE_CARD
        if is_writing and asked.card is not None and asked.card.sealed_id is None:
            new_id = sealing.new_id(asked.card.uid_tag)
            asked = asked._replace(card=asked.card._replace(sealed_id=new_id))
        payload = sealing.command(to, asked, self._dates(asked, now_us))
        if not self._queue.note_sent(asked.id, now_us, sealing.newest if is_writing else 0, new_id):
            return False
        self._mail.command(to.space, to.device, payload)
        return True

    def _dates(self, asked: AskedCommand, now_us: int) -> CommandDates:
        # Of the time, so that numbers also rise over a restart of ours within a device's connection.
        self._number = max(self._number + 1, now_us)
        wait_s = max(1, min(MAX_WAIT_S, (asked.until_us - now_us) // 1_000_000))
        # A door whose host has given up stays shut; a reader that takes the command waits by itself.
        until_us = min(now_us + VALID_US, asked.until_us)
        return CommandDates(self._number, now_us, until_us, wait_s)
