"""Webhooks of spaces: `hub.webhook_ports.WebhookDesk`, one transaction each."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from hub.domain.errors import RuleRefused
from hub.domain.people import Actor, Role, need_role
from hub.domain.webhooks import MAX_HOOKS, DeliveryState, DeliveryView, Webhook


class WebhookUnit(Protocol):
    """Webhooks within one transaction; rolled back unless committed."""

    def add(self, webhook: Webhook, sealed: bytes) -> None:
        """Store a new webhook."""
        ...

    def webhooks(self, space: str) -> Sequence[Webhook]:
        """Return the webhooks of a space, oldest first; refused when there is no such space."""
        ...

    def remove(self, webhook: str) -> None:
        """Delete one with its deliveries."""
        ...

    def deliveries(self, space: str, state: DeliveryState | None, limit: int) -> Sequence[DeliveryView]:
        """Return deliveries, latest first."""
        ...

    def retry(self, space: str, numbers: Sequence[int] | None) -> int:
        """Have dead deliveries tried again, as if they were new; return how many."""
        ...

    def log(self, what: Mapping[str, object], now_us: int, card: int | None = None) -> None:
        """Add an entry to the log of actions."""
        ...

    def commit(self) -> None:
        """Make all of it durable."""
        ...


class WebhookUnits(Protocol):
    """Begins transactions; each raises `StoreUnavailable` when the database can't be used now."""

    def writing(self) -> AbstractContextManager[WebhookUnit]:
        """Begin one that may commit."""
        ...

    def reading(self) -> AbstractContextManager[WebhookUnit]:
        """Begin one that only looks."""
        ...


class WebhookService:
    """Webhooks of spaces; managers alone.

    Args:
        units: where they are kept.
    """

    def __init__(self, units: WebhookUnits) -> None:
        self._units = units

    def add(self, webhook: Webhook, sealed: bytes, actor: Actor, now_us: int) -> None:
        """Store a webhook whose address was checked, with its sealed secret."""
        need_role(actor, webhook.space, Role.MANAGER)
        if not webhook.kinds:
            raise RuleRefused("a webhook tells of something: choose at least one event", code="no_happening")
        with self._units.writing() as unit:
            if len(unit.webhooks(webhook.space)) >= MAX_HOOKS:
                raise RuleRefused(
                    f"a space has {MAX_HOOKS} webhooks at most: remove one first",
                    code="too_many_hooks",
                    most=MAX_HOOKS,
                )
            unit.add(webhook, sealed)
            self._log(unit, "webhook_added", webhook.space, webhook.id, actor, now_us)
            unit.commit()

    def webhooks(self, space: str, actor: Actor) -> Sequence[Webhook]:
        """Return the webhooks of a space, oldest first."""
        need_role(actor, space, Role.MANAGER)
        with self._units.reading() as unit:
            return unit.webhooks(space)

    def remove(self, space: str, webhook: str, actor: Actor, now_us: int) -> None:
        """Remove one, with all that waits for it."""
        need_role(actor, space, Role.MANAGER)
        with self._units.writing() as unit:
            if webhook not in {one.id for one in unit.webhooks(space)}:
                raise RuleRefused(
                    f"space {space} has no webhook {webhook[:40]}: see the list", code="unknown_webhook"
                )
            unit.remove(webhook)
            self._log(unit, "webhook_removed", space, webhook, actor, now_us)
            unit.commit()

    def deliveries(
        self, space: str, state: DeliveryState | None, limit: int, actor: Actor
    ) -> Sequence[DeliveryView]:
        """Return deliveries of a space, latest first, of one state or all."""
        need_role(actor, space, Role.MANAGER)
        with self._units.reading() as unit:
            return unit.deliveries(space, state, limit)

    def retry(self, space: str, numbers: Sequence[int] | None, actor: Actor, now_us: int) -> int:
        """Have dead deliveries tried again, some or all; return how many."""
        need_role(actor, space, Role.MANAGER)
        with self._units.writing() as unit:
            again = unit.retry(space, numbers)
            unit.commit()
        return again

    @staticmethod
    def _log(unit: WebhookUnit, what: str, space: str, webhook: str, actor: Actor, now_us: int) -> None:
        unit.log({"what": what, "space": space, "webhook": webhook, "by": actor.account}, now_us)
