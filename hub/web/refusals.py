"""What rules say no with, in the language of the moment: what is, and what would work instead."""

from typing import Final

from hub.domain.errors import RuleRefused
from hub.web.booking_words import REFUSALS, with_times
from hub.web.language import N_, gettext

TEXTS: Final[dict[str, str]] = {
    "device_away": N_(
        "The device at this door or reader is away. Use a card, a key or another reader, and see that it has power "
        "and a network."
    ),
    "easy_password": N_(
        "Anyone would guess this password. Take four words that have nothing to do with you."
    ),
    "ends_before_it_begins": N_(
        "The last day lies before the first. Choose a later last day, or leave it empty."
    ),
    "label_used": N_("“%(label)s” is on another card of this space. Write another label."),
    "lockdown": N_("This door is locked down. End the lockdown first, then it can be opened."),
    "long_password": N_("A password has 200 characters at most."),
    "mail_taken": N_("This mail address belongs to another account. Use another one."),
    "membership_twice": N_("A member has one membership for each space."),
    "no_device": N_("No device opens this door yet. It is opened with its key until one is set up."),
    "no_label": N_("A card needs a label: write what stands on it, for example “Karte 12”."),
    "no_mail": N_("This is no mail address. Write it as name@example.org, or leave it empty."),
    "no_membership": N_("This person is no member of this space. Add them to the members first."),
    "no_name": N_("A member needs a name; it may be a pseudonym."),
    "no_reason": N_("Please say why, with %(least)s characters or more. The log keeps it."),
    "not_allowed": N_("This takes a role that you do not have here. Ask whoever manages this space."),
    "reader_waits": N_(
        "This reader waits for another card for %(seconds)s more seconds. Wait that long, or use another reader."
    ),
    "short_password": N_(
        "A password has %(least)s characters at least. Four words are easy to keep in mind."
    ),
    "sign_in": N_("This takes an account of your own."),
    "too_long": N_("Name and mail address have 200 characters at most. Shorten them."),
    "uid_card": N_("This card can't hold keys; it is known by its number alone and needs no further step."),
    "unknown_account": N_("This account has been removed meanwhile."),
    "unknown_alarm": N_("This alarm is no longer kept."),
    "unknown_card": N_("This card is not there any more."),
    "unknown_command": N_("This request is no longer kept."),
    "unknown_door": N_("This space has no such door. Load the page again."),
    "unknown_member": N_("This person is not there any more. Choose somebody else."),
    "unknown_order": N_("This request is no longer kept. Begin again."),
    "unknown_reader": N_("This space has no such reader any more. Choose another one."),
    "unknown_space": N_("There is no such space any more."),
    "until_is_over": N_("That moment is over. Choose a later one, or leave it empty."),
    "wrong_state": N_(
        "This is not possible with the card as it is now. Somebody may have changed it meanwhile: look at its page "
        "again."
    ),
    **REFUSALS,
}
"""By code of `RuleRefused`; tests/hub/web/test_refusals.py finds a rule without words."""


def refusal_text(error: RuleRefused) -> str:
    """Return why something was refused, and what would work instead."""
    text = TEXTS.get(error.code)
    if text is None:
        # A rule that nobody worded for pages yet: its own English says more than nothing.
        return str(error)
    return gettext(text, **with_times(error.data))


def is_missing(error: RuleRefused) -> bool:
    """Say whether something was refused because it is not there."""
    return error.code.startswith("unknown_")
