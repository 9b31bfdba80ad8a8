"""What managing and sending webhooks needs, as protocols; refusals are `RuleRefused`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from hub.domain.errors import DomainError
from hub.domain.people import Actor
from hub.domain.webhooks import DeliveryState, DeliveryView, Happening, Webhook


class HookFailed(DomainError):
    """A delivery was not taken; the text says why.

    Args:
        is_final: whether trying again is of no use.
    """

    def __init__(self, text: str, *, is_final: bool = False) -> None:
        super().__init__(text)
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is to be sent.

    Args:
        message: id that stays the same however often it is sent.
        name: of the member; None where names do not go along.
    """

    pk: int
    message: str
    webhook: str
    url: str
    sealed: bytes
    kind: Happening
    space: str
    data: Mapping[str, object]
    member: int | None
    name: str | None
    tries: int


class HookOutbox(Protocol):
    """Deliveries; each method is one transaction, and raises `StoreUnavailable` when the database can't be used now."""

    def due(self, now_us: int, limit: int) -> Sequence[Delivery]:
        """Return what is to be sent now, first come first."""
        ...

    def end(self, pk: int, state: DeliveryState, reason: str, now_us: int) -> None:
        """Note what became of a delivery."""
        ...

    def try_later(self, pk: int, reason: str, due_us: int) -> None:
        """Have one tried again, counting this try."""
        ...

    def purge(self, before_us: int) -> int:
        """Delete what ended before a moment; return how many."""
        ...


class HookPost(Protocol):
    """Signs and sends."""

    def __call__(self, delivery: Delivery, body: bytes, now_us: int) -> None:
        """Send.

        Raises:
            HookFailed: when it was not taken.
        """
        ...


class WebhookDesk(Protocol):
    """Webhooks of spaces, for their managers."""

    def add(self, webhook: Webhook, sealed: bytes, actor: Actor, now_us: int) -> None:
        """Store a webhook whose address was checked, with its sealed secret."""
        ...

    def webhooks(self, space: str, actor: Actor) -> Sequence[Webhook]:
        """Return the webhooks of a space, oldest first."""
        ...

    def remove(self, space: str, webhook: str, actor: Actor, now_us: int) -> None:
        """Remove one, with all that waits for it."""
        ...

    def deliveries(
        self, space: str, state: DeliveryState | None, limit: int, actor: Actor
    ) -> Sequence[DeliveryView]:
        """Return deliveries of a space, latest first, of one state or all."""
        ...

    def retry(self, space: str, numbers: Sequence[int] | None, actor: Actor, now_us: int) -> int:
        """Have dead deliveries tried again, some or all; return how many."""
        ...
