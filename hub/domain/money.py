"""Amounts of money as whole cents, read from what people type; pure."""

import re
from typing import Final

from hub.domain.errors import RuleRefused

_AMOUNT: Final = re.compile(r"(\d{1,7})(?:[.,](\d{1,2}))?")


def cents_of(text: str) -> int:
    """Return an amount in euros as cents: `12`, `12.5`, `12,50`, `12,50 €`; nothing typed is 0.

    Raises:
        RuleRefused: when it is no amount.
    """
    amount = text.replace("€", "").replace("EUR", "").strip()
    if not amount:
        return 0
    found = _AMOUNT.fullmatch(amount)
    if found is None:
        raise RuleRefused(f'"{text[:40]}" is no price: write euros and cents, as 12.50', code="no_amount")
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))
