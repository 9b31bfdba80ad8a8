"""Sends what webhooks are to be told, and tries again where that may help; a job.

What was sent and could not be noted is sent again under the same id: whoever listens drops ids that they know.
"""

import logging
import random
from collections.abc import Callable
from typing import Final

from hub.domain.mail import retry_at_us
from hub.domain.webhooks import KEPT_US, DeliveryState, body_of
from hub.webhook_ports import Delivery, HookFailed, HookOutbox, HookPost

_log = logging.getLogger(__name__)

AT_ONCE: Final = 50
"""Deliveries of one run."""


class SendWebhooks:
    """Empties the outbox of webhooks.

    Args:
        outbox: what waits.
        post: signs and sends.
        share: random, from 0 to 1.
    """

    def __init__(
        self, outbox: HookOutbox, post: HookPost, share: Callable[[], float] = random.random
    ) -> None:
        self._outbox, self._post, self._share = outbox, post, share

    def run(self, now_us: int) -> int:
        """Send what is due; return how many deliveries were taken.

        Raises:
            StoreUnavailable: when the database can't be used now.
        """
        sent, away = 0, set[str]()
        for one in self._outbox.due(now_us, AT_ONCE):
            # Whoever does not answer is not asked again in this run: others wait behind them.
            if one.webhook in away:
                continue
            try:
                self._post(one, body_of(one.kind, one.space, one.data, one.member, one.name), now_us)
            except HookFailed as error:
                away.add(one.webhook)
                self._failed(one, error, now_us)
            else:
                self._outbox.end(one.pk, DeliveryState.SENT, "", now_us)
                sent += 1
        self._outbox.purge(max(now_us - KEPT_US, 0))
        return sent

    def _failed(self, one: Delivery, error: HookFailed, now_us: int) -> None:
        due_us = None if error.is_final else retry_at_us(one.tries + 1, now_us, self._share())
        if due_us is not None:
            self._outbox.try_later(one.pk, str(error), due_us)
            return
        self._outbox.end(one.pk, DeliveryState.DEAD, str(error), now_us)
        _log.warning(
            "webhook %s of space %s: delivery %d is dead (%s); see `ankerort-hub webhook list %s`",
            one.webhook,
            one.space,
            one.pk,
            error,
            one.space,
        )
