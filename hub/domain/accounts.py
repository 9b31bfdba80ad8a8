"""Accounts: how somebody signs in, and for how long what lets somebody in holds. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class LinkPurpose(StrEnum):
    """What a link by mail is for."""

    SIGN_IN = "sign_in"
    RESET = "reset"
    INVITATION = "invitation"


LINK_US: Final[dict[LinkPurpose, int]] = {
    LinkPurpose.SIGN_IN: 15 * 60_000_000,
    LinkPurpose.RESET: 60 * 60_000_000,
    LinkPurpose.INVITATION: 7 * 86_400_000_000,
}
"""For how long a link holds."""

LINKS_PER_HOUR: Final = 3
"""So many links are sent to one account in an hour; a further request is answered the same, and sends none."""

RECOVERY_CODES: Final = 10

STEP_S: Final = 30
"""Of codes that an app shows (RFC 6238)."""


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """What is kept of an account's second factor.

    Args:
        sealed: the secret that the app has, sealed; opens with the key of sessions alone.
        last_step: of the last code that was used: one counts once.
        codes_left: recovery codes that were not used.
    """

    sealed: bytes
    last_step: int
    codes_left: int


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey of an account.

    Args:
        name: as its owner calls it.
        used_us: when it signed in last; None for never.
    """

    pk: int
    account: int
    credential_id: bytes
    public_key: bytes
    sign_count: int
    name: str
    made_us: int
    used_us: int | None = None
