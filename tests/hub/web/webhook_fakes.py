"""`WebhookDesk` from memory: one webhook, and a delivery that nobody took."""

from collections.abc import Sequence
from typing import Final

from hub.domain.people import Actor
from hub.domain.webhooks import DeliveryState, DeliveryView, Happening, Webhook
from tests.hub.web.fakes import TUESDAY_MORNING_US as NOW_US

HOOK: Final = "7" * 16


class FakeWebhooks:
    """The webhooks of Mölln."""

    def __init__(self) -> None:
        url, kinds = "https://example.org/buchungen", frozenset({Happening.BOOKING_MADE, Happening.ALARM})
        self.kept = {HOOK: Webhook(HOOK, "moelln", url, kinds, True, NOW_US)}

    def add(self, webhook: Webhook, sealed: bytes, actor: Actor, now_us: int) -> None:
        self.kept[webhook.id] = webhook

    def webhooks(self, space: str, actor: Actor) -> Sequence[Webhook]:
        return list(self.kept.values())

    def remove(self, space: str, webhook: str, actor: Actor, now_us: int) -> None:
        assert webhook == HOOK

    def deliveries(
        self, space: str, state: DeliveryState | None, limit: int, actor: Actor
    ) -> Sequence[DeliveryView]:
        return [
            DeliveryView(
                5, HOOK, Happening.BOOKING_MADE, DeliveryState.DEAD, 0, 10, "after 10 tries: answered 500"
            )
        ]

    def retry(self, space: str, numbers: Sequence[int] | None, actor: Actor, now_us: int) -> int:
        return 1
