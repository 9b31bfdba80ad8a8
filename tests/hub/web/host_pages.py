"""Every page that takes signing in, with fakes that have something to show on each."""

from typing import Final

from hub.domain.accounts import LinkPurpose
from hub.domain.cards import OrderKind, OrderState, OrderView
from hub.domain.doors import CommandKind, CommandState, CommandView
from tests.hub.web.access_fakes import MANAGER, MEMBER, MINUTE_US, SPACE, Fakes
from tests.hub.web.fakes import TUESDAY_MORNING_US as NOW_US
from tests.hub.web.mail_fakes import TOKEN

AT: Final = f"/spaces/{SPACE}/host"
WAITING, SENT, FAILED = "1" * 16, "2" * 16, "3" * 16

PAGES: Final = {
    "today": (MANAGER, f"{AT}/"),
    "today with names": (MANAGER, f"{AT}/"),
    "doors": (MANAGER, f"{AT}/doors"),
    "open once": (MANAGER, f"{AT}/doors/vorn/open"),
    "mode": (MANAGER, f"{AT}/doors/vorn/mode"),
    "end of a lockdown": (MANAGER, f"{AT}/doors/keller/mode"),
    "lockdown": (MANAGER, f"{AT}/doors/vorn/lockdown"),
    "command under way": (MANAGER, f"{AT}/doors/vorn/commands/{SENT}"),
    "command that failed": (MANAGER, f"{AT}/doors/vorn/commands/{FAILED}"),
    "cards": (MANAGER, f"{AT}/cards"),
    "cards found": (MANAGER, f"{AT}/cards?q=gesperrt"),
    "no card found": (MANAGER, f"{AT}/cards?q=nirgends"),
    "card": (MANAGER, f"{AT}/cards/2"),
    "blocked card": (MANAGER, f"{AT}/cards/3"),
    "card to be loaned": (MANAGER, f"{AT}/cards/6"),
    "block": (MANAGER, f"{AT}/cards/1/block"),
    "unblock": (MANAGER, f"{AT}/cards/3/unblock"),
    "give": (MANAGER, f"{AT}/cards/4/give"),
    "take back": (MANAGER, f"{AT}/cards/1/take-back"),
    "retire": (MANAGER, f"{AT}/cards/1/retire"),
    "new card": (MANAGER, f"{AT}/cards/new"),
    "personalise": (MANAGER, f"{AT}/cards/5/personalise"),
    "waiting for a card": (MANAGER, f"{AT}/cards/orders/{WAITING}"),
    "members": (MANAGER, f"{AT}/members"),
    "new member": (MANAGER, f"{AT}/members/new"),
    "member": (MANAGER, f"{AT}/members/3"),
    "member to be invited": (MANAGER, f"{AT}/members/3/account"),
    "my page": (MEMBER, "/me/"),
    "block my card": (MEMBER, "/me/cards/2/block"),
    "my password": (MEMBER, "/me/password"),
    "second factor": (MEMBER, "/me/security/second-factor"),
    "my security with all": (MANAGER, "/me/security"),
    "new passkey": (MEMBER, "/me/security/passkeys/new"),
    "ask for a link": ("", "/sign-in/link"),
    "a link": ("", "/sign-in/link/token-1"),
    "new password by a link": ("", "/sign-in/reset/token-2"),
    "my letters": (MEMBER, "/me/mail"),
    "end of letters": ("", f"/mail/end/{TOKEN}"),
    "sign out everywhere": (MEMBER, "/me/sign-out-everywhere"),
    "sign out": (MEMBER, "/sign-out"),
    "sign in": ("", "/sign-in"),
}
"""Name to who may look, and where; nobody is needed for signing in."""

HOST_PAGES: Final = {name: address for name, (_, address) in PAGES.items() if address.startswith(AT)}


def fill(fakes: Fakes) -> None:
    """Have a reader wait for a card, a command under way and one that failed."""
    fakes.cards.orders[WAITING] = OrderView(WAITING, OrderKind.READ, OrderState.WAITING, NOW_US + MINUTE_US)
    for id_, state, outcome in (
        (SENT, CommandState.SENT, ""),
        (FAILED, CommandState.ANSWERED, "time_not_trusted"),
    ):
        fakes.doors.commands[id_] = CommandView(id_, CommandKind.OPEN, state, "vorn", outcome)
    for purpose in (LinkPurpose.SIGN_IN, LinkPurpose.RESET):
        fakes.links.send(MEMBER, purpose, "de", NOW_US)


def secure(fakes: Fakes, mail: str = MANAGER) -> None:
    """Give somebody who has signed in already a passkey and a second factor."""
    account = fakes.accounts.by_mail(mail)
    assert account is not None
    fakes.passkeys.add(account.pk, b"credential", b"key", 0, "Telefon", NOW_US)
    fakes.factors.turn_on(account.pk, b"sealed", 0, [b"a", b"b"], NOW_US)
