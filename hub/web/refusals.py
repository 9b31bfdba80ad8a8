"""What rules say no with, in the language of the moment: what is, and what would work instead."""

from datetime import date
from typing import Final

from hub.domain.errors import RuleRefused
from hub.web import site_words
from hub.web.booking_words import REFUSALS, with_times
from hub.web.figure_words import RELEASE_REFUSALS
from hub.web.language import N_, gettext
from hub.web.life_words import LIFE_REFUSALS
from hub.web.wording import day_text
from hub.web.written_words import WRITTEN_REFUSALS

TEXTS: Final[dict[str, str]] = {
    "day_to_come": N_("This day is still to come. Note visits of today or before."),
    "day_out_of_range": N_(
        "Only days of the years %(first)s to %(last)s can be used. Write another day; where a last day may stay empty, "
        "that means no end."
    ),
    "device_away": N_(
        "The device at this door or reader is away. Use a card, a key or another reader, and see that it has power "
        "and a network."
    ),
    "free_has_price": N_(
        "What is free of charge has no price. Choose another kind, or leave the price empty."
    ),
    "group_in_phase": N_("A phase lets this group in. Change the phases first."),
    "guest_answers": N_("A guest can't answer for a guest. Choose a member."),
    "guest_without_end": N_("A guest has a last day. Write one, or choose nobody who answers."),
    "easy_password": N_(
        "Anyone would guess this password. Take four words that have nothing to do with you."
    ),
    "ends_before_it_begins": N_(
        "The last day lies before the first. Choose a later last day, or leave it empty."
    ),
    "known_passkey": N_("This passkey is known already. Use it, or make another one on another device."),
    "label_used": N_("“%(label)s” is on another card of this space. Write another label."),
    "lockdown": N_("This door is locked down. End the lockdown first, then it can be opened."),
    "long_text": N_("A name, a label or a reason has %(most)s characters at most. Shorten the text."),
    "long_password": N_("A password has 200 characters at most."),
    "mail_taken": N_("This mail address belongs to another account. Use another one."),
    "month_not_over": N_("This month is not over yet. Come back when the next one has begun."),
    "month_settled": N_("That month is accounted for. Choose a later day: %(first)s, or after."),
    "member_changed": N_(
        "Somebody has changed this member meanwhile. Look at it again, then repeat your change."
    ),
    "member_elsewhere": N_("This person is no member of “%(space)s”. Add them to its members first."),
    "member_has_account": N_("This member has an account already. Change that one."),
    "many_passkeys": N_("An account has %(most)s passkeys at most. Remove one that is not used."),
    "member_without_mail": N_("This person has no mail address. Write one on the member's page first."),
    "membership_twice": N_("A member has one membership for each space."),
    "inside_address": N_("This address lies inside of the own network. Webhooks go out of it."),
    "no_amount": N_("This is no price. Write euros and cents, for example 12.50."),
    "no_days": N_("A pass is valid for %(most)s days at most. Leave the number empty for no end."),
    "no_group_id": N_("This is no name for a group. Use letters or digits."),
    "no_group_name": N_("A group needs a name of up to 200 characters."),
    "no_happening": N_("Choose at least one thing that is told."),
    "no_hook_address": N_("An address begins with https:// and holds no password."),
    "no_hours": N_("A pass opens doors in the opening hours, or always."),
    "no_part_of_day": N_("The part of the day must begin before it ends."),
    "no_price": N_("A price lies between 0 and %(most)s euros."),
    "no_tariff_id": N_("This is no name for a tariff. Use letters or digits."),
    "no_tariff_name": N_("A tariff needs a name of up to 200 characters."),
    "no_units": N_("A visit uses one or more of what a pass holds, and of a monthly one exactly one day."),
    "phase_twice": N_("Two phases begin on the same day. Join their groups in one."),
    "tariff_kind_stays": N_("What this tariff counts stays as it is. Add another tariff."),
    "too_few_units": N_("A pass of this kind holds enough for one visit: %(least)s at least."),
    "too_many_hooks": N_("A space has %(most)s webhooks at most. Remove one first."),
    "too_many_phases": N_("A space has 50 phases at most. Remove past ones."),
    "unknown_group": N_("This group is not there any more. Load the page again."),
    "unknown_pass": N_("This pass is not there any more."),
    "unknown_webhook": N_("This webhook is not there any more."),
    "unknown_tariff": N_("This tariff is not offered any more. Choose another one."),
    "units_for_nothing": N_("Nothing is counted of this kind. Leave the number empty."),
    "no_device": N_("No device opens this door yet. It is opened with its key until one is set up."),
    "no_host": N_("%(mail)s is no host of this space. Give them the role first, or choose somebody else."),
    "no_label": N_("A card needs a label: write what stands on it, for example “Karte 12”."),
    "no_mail": N_("This is no mail address. Write it as name@example.org, or leave it empty."),
    "no_membership": N_("This person is no member of this space. Add them to the members first."),
    "no_name": N_("A member needs a name; it may be a pseudonym."),
    "no_reason": N_("Please say why, with %(least)s characters or more. The log keeps it."),
    "not_allowed": N_("This takes a role that you do not have here. Ask whoever manages this space."),
    "phone_blocked": N_(
        "Your card is blocked, and so is opening by phone. Ask your host for another card or to unblock it."
    ),
    "phone_device_away": N_("This door can't be reached right now. Use your card, or call your host."),
    "phone_lockdown": N_("This door is locked down. Only a host can end that."),
    "phone_no_member": N_("Your membership is not valid today. Ask your host."),
    "phone_no_time": N_(
        "This door does not know the time for certain, so it obeys nothing from afar. Use your card, or call your host."
    ),
    "phone_not_now": N_(
        "You have no right to come in at this time. Your hours stand under “My memberships”."
    ),
    "other_controller": N_(
        "This space belongs to another controller than the one that the account works for. It takes another account."
    ),
    "reader_waits": N_(
        "This reader waits for another card for %(seconds)s more seconds. Wait that long, or use another reader."
    ),
    "rota_twice": N_("Somebody stands in the rota twice. Each is called once, in turn."),
    "several_controllers": N_(
        "These spaces belong to several controllers, and an account works for one. Make an account for each."
    ),
    "short_password": N_(
        "A password has %(least)s characters at least. Four words are easy to keep in mind."
    ),
    "short_text": N_("Please write a name, with %(least)s characters or more."),
    "sign_in": N_("This takes an account of your own."),
    "sso_mail_not_proved": N_(
        "An account here has this mail address, and it is not proved that it is yours. Have it proved where you signed "
        "in, or sign in here with your password."
    ),
    "sso_no_mail": N_("No mail address was told, by which we would know you. Tell whoever runs the sign-in."),
    "sso_no_role": N_("None of your groups may do anything here. Ask whoever manages your space."),
    "sso_switched_off": N_("This account is switched off. Ask whoever manages your space."),
    "uid_card": N_("This card can't hold keys; it is known by its number alone and needs no further step."),
    "unknown_account": N_("This account has been removed meanwhile."),
    "unknown_alarm": N_("This alarm is no longer kept."),
    "unknown_card": N_("This card is not there any more."),
    "unknown_command": N_("This request is no longer kept."),
    "unknown_door": N_("This space has no such door. Load the page again."),
    "unknown_member": N_("This person is not there any more. Choose somebody else."),
    "unknown_membership": N_("This person is no member of this space."),
    "unknown_order": N_("This request is no longer kept. Begin again."),
    "unknown_passkey": N_("This passkey was removed meanwhile."),
    "unknown_reader": N_("This space has no such reader any more. Choose another one."),
    "unknown_space": N_("There is no such space any more."),
    "unseen_text": N_(
        "This text has a character that can't be seen. Write letters, digits and signs on one line."
    ),
    "unknown_town": N_("There is no such town any more."),
    "until_is_over": N_("That moment is over. Choose a later one, or leave it empty."),
    "wrong_state": N_(
        "This is not possible with the card as it is now. Somebody may have changed it meanwhile: look at its page "
        "again."
    ),
    **REFUSALS,
    **site_words.REFUSALS,
    **LIFE_REFUSALS,
    **WRITTEN_REFUSALS,
    **RELEASE_REFUSALS,
}
"""By code of `RuleRefused`; tests/hub/web/test_refusals.py finds a rule without words."""


def refusal_text(error: RuleRefused) -> str:
    """Return why something was refused, and what would work instead."""
    text = TEXTS.get(error.code)
    if text is None:
        # A rule that nobody worded for pages yet: its own English says more than nothing.
        return str(error)
    told = {name: day_text(value) if isinstance(value, date) else value for name, value in error.data.items()}
    return gettext(text, **with_times(told))


def is_missing(error: RuleRefused) -> bool:
    """Say whether something was refused because it is not there."""
    return error.code.startswith("unknown_")
