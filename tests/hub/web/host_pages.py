"""Every page that takes signing in, with fakes that have something to show on each."""

from typing import Final

from hub.domain.accounts import LinkPurpose
from hub.domain.cards import OrderKind, OrderState, OrderView
from hub.domain.doors import CommandKind, CommandState, CommandView
from tests.hub.web.access_fakes import MANAGER, MEMBER, MINUTE_US, RESEARCH, SPACE, STATISTICS, Fakes
from tests.hub.web.booking_fakes import LATE, OWN_LATER, SERIES
from tests.hub.web.fakes import TUESDAY_MORNING_US as NOW_US
from tests.hub.web.figure_fakes import AGS
from tests.hub.web.mail_fakes import TOKEN
from tests.hub.web.waiting_fakes import HELD, WAITED

AT: Final = f"/spaces/{SPACE}/host"
WAITING, SENT, FAILED, NOT_CALLED = "1" * 16, "2" * 16, "3" * 16, "4" * 16

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
    "groups": (MANAGER, f"{AT}/groups"),
    "life of the space": (MANAGER, f"{AT}/life"),
    "closing": (MANAGER, f"{AT}/life/close?on=2026-12-01"),
    "passes": (MANAGER, f"{AT}/passes"),
    "sell a pass": (MANAGER, f"{AT}/passes/new"),
    "tariffs": (MANAGER, f"{AT}/tariffs"),
    "tariff": (MANAGER, f"{AT}/tariffs/frueh"),
    "due": (MANAGER, f"{AT}/due?month=2026-10"),
    "calendar": (MANAGER, f"{AT}/calendar"),
    "calendar of a day": (MANAGER, f"{AT}/calendar?day=2026-11-18&days=1"),
    "booking": (MANAGER, f"{AT}/bookings/{LATE}"),
    "book for somebody": (MANAGER, f"{AT}/bookings/new?desk=s5&day=2026-11-18"),
    "walk-in": (MANAGER, f"{AT}/walk-ins/s3"),
    "blockings": (MANAGER, f"{AT}/blockings"),
    "webhooks": (MANAGER, f"{AT}/webhooks"),
    "signs": (MANAGER, f"{AT}/signs"),
    "floor plan": (MANAGER, f"{AT}/plan"),
    "desk": (MANAGER, f"{AT}/plan/desks/s1"),
    "settings": (MANAGER, f"{AT}/settings"),
    "papers": (MANAGER, f"{AT}/papers"),
    "record of processing": (MANAGER, f"{AT}/papers/record"),
    "template of an assessment": (MANAGER, f"{AT}/papers/assessment"),
    "privacy and accessibility": ("", "/papers"),
    "privacy notice": ("", f"/spaces/{SPACE}/papers/notice"),
    "accessibility statement": ("", f"/spaces/{SPACE}/papers/accessibility"),
    "in Leichte Sprache": ("", f"/spaces/{SPACE}/papers/easy"),
    "book": (MEMBER, f"/spaces/{SPACE}/book?day=2026-11-17&part=day"),
    "live page of a member": (MEMBER, f"/spaces/{SPACE}"),
    "confirm a desk": (MEMBER, f"/spaces/{SPACE}/book/s5"),
    "confirm a desk that is taken": (MEMBER, f"/spaces/{SPACE}/book/s2"),
    "series": (MEMBER, f"/spaces/{SPACE}/book/s5/series"),
    "change a booking": (MEMBER, f"/me/bookings/{OWN_LATER}"),
    "cancel a series": (MEMBER, f"/me/series/{SERIES}/cancel"),
    "check in at a desk": (MEMBER, f"/spaces/{SPACE}/desks/s1/check-in"),
    "check in without a booking": (MEMBER, f"/spaces/{SPACE}/desks/s5/check-in"),
    "member to be invited": (MANAGER, f"{AT}/members/3/account"),
    "what is held": (MEMBER, f"/me/waiting/{HELD}"),
    "waiting": (MEMBER, f"/me/waiting/{WAITED}"),
    "my page": (MEMBER, "/me/"),
    "my calendar address": (MEMBER, "/me/calendar"),
    "my data": (MEMBER, "/me/data"),
    "erase me": (MEMBER, "/me/data/erase"),
    "block my card": (MEMBER, "/me/cards/2/block"),
    "open by phone": (MEMBER, f"/me/doors/{SPACE}/vorn"),
    "door that does not open by phone": (MEMBER, f"/me/doors/{SPACE}/platz"),
    "opening by phone under way": (MEMBER, f"/me/doors/{SPACE}/vorn/commands/{SENT}"),
    "opening by phone without the button": (MEMBER, f"/me/doors/{SPACE}/vorn/commands/{NOT_CALLED}"),
    "my password": (MEMBER, "/me/password"),
    "second factor": (MEMBER, "/me/security/second-factor"),
    "my security with all": (MANAGER, "/me/security"),
    "new passkey": (MEMBER, "/me/security/passkeys/new"),
    "ask for a link": ("", "/sign-in/link"),
    "a link": ("", "/sign-in/link/token-1"),
    "new password by a link": ("", "/sign-in/reset/token-2"),
    "my letters": (MEMBER, "/me/mail"),
    "end of letters": ("", f"/mail/end/{TOKEN}"),
    "statistics": (STATISTICS, "/statistics/"),
    "review of a report": (STATISTICS, "/statistics/town/12070424/2025"),
    "figures of a town": ("", "/towns/12070424/statistics"),
    "figures of the network": ("", "/statistics/network"),
    "counts by hand": (STATISTICS, f"/statistics/towns/{AGS}/entries"),
    "correct a count": (STATISTICS, f"/statistics/towns/{AGS}/entries/1"),
    "take counts in": (STATISTICS, f"/statistics/towns/{AGS}/entries/import"),
    "targets": (STATISTICS, f"/statistics/towns/{AGS}/targets"),
    "gaps of a report": (STATISTICS, f"/statistics/towns/{AGS}/gaps"),
    "settings of figures": (STATISTICS, f"/statistics/towns/{AGS}/settings"),
    "extract for research": (RESEARCH, "/statistics/town/12070424/2025/research"),
    "way to work": ("", f"/spaces/{SPACE}/way"),
    "sign out everywhere": (MEMBER, "/me/sign-out-everywhere"),
    "sign out": (MEMBER, "/sign-out"),
    "sign in": ("", "/sign-in"),
}
"""Name to who may look, and where; nobody is needed for signing in."""

HOST_PAGES: Final = {name: address for name, (_, address) in PAGES.items() if address.startswith(AT)}


def fill(fakes: Fakes) -> None:
    """Have a reader wait for a card, a command under way and two that failed."""
    fakes.cards.orders[WAITING] = OrderView(WAITING, OrderKind.READ, OrderState.WAITING, NOW_US + MINUTE_US)
    for id_, state, outcome in (
        (SENT, CommandState.SENT, ""),
        (FAILED, CommandState.ANSWERED, "time_not_trusted"),
        (NOT_CALLED, CommandState.ANSWERED, "not_called"),
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
