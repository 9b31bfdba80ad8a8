"""Doors as they are in the code: states, transitions, modes, decisions and times."""

from dataclasses import fields
from typing import Final, get_args

from device.core import doors as joined
from device.core import passback, trusted_time
from device.core.commands import AHEAD_US
from device.core.door import GRACE_US
from device.core.door_mode import MODES, Mode, Order
from device.core.door_settings import DoorSettings
from device.core.door_table import CONTACTS, RELEASES, TABLE, Action, Sign, State
from device.core.effects import Pattern
from device.core.line import CHATTER_US
from device.core.signal import ANSWERS, RHYTHMS, TEXTS, Colour
from docs.generate import NOTE
from wire.events import AccessReason

_STATES: Final = {
    State.SHUT: "closed",
    State.UNSEEN: "nobody knows whether it is closed",
    State.SETTLING: "closed again; who pulls in this moment was let in",
    State.STANDING: "stands open as it may",
    State.LINGERING: "stands open for too long: pre-alarm",
    State.HELD: "is held open: alarm",
    State.FORCED: "was opened without a release: alarm",
    State.OFFERED: "released once, closed",
    State.BLIND: "released once, nobody knows whether it is closed",
    State.PASSING: "released once and opened since; locks as it closes",
    State.AJAR: "released once while it stood open; stays released as it closes",
    State.FREE_SHUT: "held open by its mode, closed",
    State.FREE_OPEN: "held open by its mode, open",
    State.FREE_UNSEEN: "held open by its mode, nobody knows whether it is closed",
}
_SIGNS: Final = {
    Sign.OPENED: "the contact says open",
    Sign.CLOSED: "the contact says closed",
    Sign.LOST: "the contact says nothing, or never rests",
    Sign.GRANTED: "a card was granted",
    Sign.EXIT: "the request-to-exit button was pressed",
    Sign.REMOTE: "a valid command opens it once",
    Sign.FREED: "a mode that holds it open begins",
    Sign.SECURED: "such a mode ends, a lockdown begins, a grant became void, or the agent ends",
    Sign.LAPSED: "the time of the release is over (`open_s`, `longer_s`, `rex_s`)",
    Sign.SETTLED: "the moment after a release is over",
    Sign.SOON: "it has stood open for `held_s`",
    Sign.LATE: "and for `held_s` again",
}
_ACTIONS: Final = {
    Action.RELEASE: "the release lasts until its time",
    Action.GRACE: "the moment after a release begins",
    Action.WATCH: "the time that it may stand open begins",
    Action.WARN: "tells `held_soon`",
    Action.ALARM: "tells `held`",
    Action.FORCE: "tells `forced`",
    Action.TAKE: "tells `taken`, for each card and command that is waited for; without any, `contact`",
    Action.MISS: "tells `not_opened`, for each card and command that is waited for",
    Action.FORGET: "waits for nobody: whether it is taken can't be told",
    Action.CLOSE: "tells `closed`",
    Action.SIGHT: "tells `contact`",
    Action.LEAVE: "tells `exit_requested`",
    Action.OPEN: "tells `opened_remotely`",
}
_ORDERS: Final = {
    Order.SET_NORMAL: "command `normal`",
    Order.SET_OFFICE: "command `office`, inside an office window",
    Order.SET_EVACUATE: "command `evacuate`",
    Order.SET_LOCKDOWN: "command `lockdown`",
    Order.ARRIVED: "the first grant inside an office window that no host called off",
    Order.OVER: "the window or the list ended, the time is not trusted any more, or the last one left",
}
_REASONS: Final[dict[AccessReason, str]] = {
    "granted": "the lock is released",
    "unknown_card": "the list does not have the card",
    "blocked": "the list has it as blocked",
    "outside_window": "it has a right here, at another time",
    "wrong_door": "it has no right at this door",
    "list_expired": "the list is dead, and the card is not one that always works",
    "no_list": "no list has come yet",
    "time_not_trusted": "no window holds from the earliest possible time to the end of the list",
    "lockdown": "the door is in lockdown, and this is no host's card or hosts are kept out too",
    "double_tap": "the door was opened with this card in this direction just now",
    "uid_not_allowed": "the card has no key, and the space has not said that such cards open this door",
    "card_unusable": "the card can't be read, or makes a new id each time",
    "not_authentic": "it has not shown the key and the id that the list has for it",
    "too_slow": "its answers took longer than a card's do",
}


def pages() -> dict[str, str]:
    """Return the reference page."""
    return {"reference/doors.md": _page()}


def _page() -> str:
    return f"""\
<!-- {NOTE} -->

# Doors

What the machine in `device/core/door_table.py` does with a door's lines, cards and commands.

## States

Arrows that lead from a state to itself are left out; the table below has them.

{_diagram()}

{
        _table(
            ["state", "the door", "contact", "lock"],
            [
                [one.name, _STATES[one], CONTACTS[one], "released" if one in RELEASES else "holds"]
                for one in State
            ],
        )
    }

## Signs

{_table(["sign", "when"], [[one.name, _SIGNS[one]] for one in Sign])}

## Actions

{_table(["action", "what"], [[one.name, _ACTIONS[one]] for one in Action])}

## Transitions

A pair that is not here can't come; if it did, it would be a bug and the agent would end with it, locks held.

{
        _table(
            ["state", "sign", "next state", "actions"],
            [
                [state.name, sign.name, following.name, ", ".join(one.name for one in actions)]
                for (state, sign), (following, actions) in TABLE.items()
            ],
        )
    }

## Modes

A restart ends every mode but LOCKDOWN. Whoever is inside leaves by the button in every mode; that the door opens from
inside without any of this is its own, mechanical, business.

{_modes()}

{_table(["order", "when"], [[one.name, _ORDERS[one]] for one in Order])}

## Decisions

In the order of the first that applies: `no_list`, `unknown_card`, `blocked`, `not_authentic`, `wrong_door`,
`uid_not_allowed`, `lockdown`, then the times, then `double_tap`.

{
        _table(
            ["reason", "when", "light"],
            [[f"`{one}`", _REASONS[one], ANSWERS[one].name] for one in get_args(AccessReason)],
        )
    }

## Light, sound and words

Beats of light and their pauses in milliseconds. Patterns differ in number or length of beats, so that nobody needs
to see colours or to hear.

{
        _table(
            ["pattern", "beats", "", "German", "English"],
            [
                [
                    one.name,
                    _beats(one),
                    "again and again" if RHYTHMS[one].repeats else "once",
                    TEXTS[one]["de"],
                    TEXTS[one]["en"],
                ]
                for one in Pattern
            ],
        )
    }

## Times

An access list brings a door's own `open_s`, `longer_s` and `held_s`; until then, and for `rex_s`, the device's
settings hold.

{_table(["time", "seconds"], [[f"`{name}`", f"{value:g}"] for name, value in _defaults()])}

What nobody sets:

{_table(["seconds", "what"], [[f"{value / 1_000_000:g}", what] for value, what in _constants()])}
"""


def _diagram() -> str:
    """Return the table as a diagram; signs that lead from one state to the same other one share an arrow."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for (state, sign), (following, _actions) in TABLE.items():
        if state is not following:
            arrows.setdefault((state, following), []).append(sign.name)
    lines = [
        f"    {one.name} --> {other.name} : {', '.join(signs)}" for (one, other), signs in arrows.items()
    ]
    return "\n".join(
        ["```mermaid", "stateDiagram-v2", f"    [*] --> {State.UNSEEN.name} : started", *lines, "```"]
    )


def _modes() -> str:
    return _table(
        ["mode", *(one.name for one in Order)],
        [
            [mode.name, *(MODES[mode, one].name if (mode, one) in MODES else "—" for one in Order)]
            for mode in Mode
        ],
    )


def _beats(pattern: Pattern) -> str:
    """Return the lengths of a pattern: lit ones as they are, dark ones in brackets."""
    steps = RHYTHMS[pattern].steps
    return " ".join(
        f"({one.last_ms})" if one.colour is Colour.DARK else f"{one.last_ms}{' ♪' if one.tone_hz else ''}"
        for one in steps
    )


def _defaults() -> list[tuple[str, float]]:
    defaults = DoorSettings()
    return [
        (one.name, getattr(defaults, one.name)) for one in fields(DoorSettings) if one.name.endswith("_s")
    ]


def _constants() -> list[tuple[int, str]]:
    return [
        (GRACE_US, "after a release an opening still belongs to it"),
        (CHATTER_US, "a contact that never rests is unknown after this"),
        (joined.SAME_CARD_US, "a card that comes back to a door's reader sooner never left"),
        (passback.AGAIN_US, "after an opening the same card does not open again in the same direction"),
        (passback.SAME_US, "two taps in one direction within this are one passage, not told as passback"),
        (AHEAD_US, "a command that is valid for longer is refused"),
        (trusted_time.BEHIND_US, "a battery-backed clock further behind what is known is not trusted"),
    ]


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join(
        [
            f"| {' | '.join(head)} |",
            f"|{' --- |' * len(head)}",
            *(f"| {' | '.join(row)} |" for row in rows),
        ]
    )
