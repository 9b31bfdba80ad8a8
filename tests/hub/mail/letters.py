"""One letter of each kind, and readers of every tone."""

from dataclasses import replace

from hub.domain.letters import (
    AccountChange,
    AccountChanged,
    Alarm,
    BookingChanged,
    BookingMade,
    BookingReleased,
    Invitation,
    Lack,
    Letter,
    PassEnds,
    PasswordReset,
    PlaceFree,
    Release,
    ReportGaps,
    SignInLink,
    Stay,
)
from hub.domain.mail import Addressee, Tone

HOUR_US = 3_600_000_000
NOON_US = 1_774_774_800_000_000
"""2026-03-29 09:00 UTC, 11:00 in Berlin: the day on which the clock was put forward."""

SECRET = "s" * 43
STAY = Stay(
    "booking-7@plaetze.example.org", 2, "Clubheim Mölln", "Fenster 1", NOON_US, NOON_US + 3 * HOUR_US,
    "Europe/Berlin", "Am Sportplatz 3, 23879 Mölln",
)  # fmt: skip

DAY_US = 24 * HOUR_US
NEXT = replace(
    STAY, uid="booking-8@plaetze.example.org", start_us=NOON_US + DAY_US, end_us=NOON_US + DAY_US + HOUR_US
)
LAST = replace(
    NEXT, uid="booking-9@plaetze.example.org", place="Flur", start_us=NOON_US + 2 * DAY_US,
    end_us=NOON_US + 2 * DAY_US + HOUR_US,
)  # fmt: skip

LACKS = (
    Lack("sensor", "Clubheim", NOON_US, NOON_US + DAY_US, "Fenster 1", "occupancy", 62, may_stand_in=True),
    *(Lack(kind, "Clubheim", NOON_US, NOON_US) for kind in ("days", "unsealed")),
    *(
        Lack(kind, "Mölln", NOON_US, NOON_US + DAY_US, figure=figure)
        for kind, figure in (
            ("hand", "enquiries"),
            ("factor", "way_co2_low"),
            ("inhabitants", "visits_per_thousand"),
        )
    ),
)

LETTERS: dict[str, Letter] = {
    "sign in": SignInLink("/sign-in/link/abc", 15),
    "reset": PasswordReset("/sign-in/reset/abc", 60),
    "invitation": Invitation("/sign-in/reset/abc", 7),
    **{f"changed: {change.value}": AccountChanged(change.value, NOON_US) for change in AccountChange},
    "first call": Alarm(
        "Mölln", "Haupteingang", "forced", NOON_US, None, "Europe/Berlin", 0, "/spaces/x/host/"
    ),
    "deputy": Alarm("Mölln", "Hoftür", "held", NOON_US, NOON_US + 1, "Europe/Berlin", 1, "/spaces/x/host/"),
    "tamper": Alarm("Mölln", "Hoftür", "tamper", NOON_US, None, "Europe/Berlin", 0, "/spaces/x/host/"),
    "booked": BookingMade(STAY, "/me/"),
    "booked by a host": BookingMade(STAY, "/me/", by_host=True),
    "changed": BookingChanged(STAY, "Flur", NOON_US - 5 * HOUR_US, NOON_US - 4 * HOUR_US, "/me/"),
    "changed by a host": BookingChanged(STAY, "Flur", NOON_US, NOON_US + HOUR_US, "/me/", by_host=True),
    **{f"released: {why.value}": BookingReleased(STAY, why.value, "/me/") for why in Release},
    "released for a reason": BookingReleased(STAY, "by_host", "/me/", "Rohrbruch", restorable=True),
    "taken up again": BookingMade(STAY, "/me/", is_again=True),
    "a series": BookingMade(STAY, "/me/", more=(NEXT, LAST)),
    "a series changed": BookingChanged(STAY, "Flur", NOON_US, NOON_US + HOUR_US, "/me/", more=(NEXT,)),
    **{
        f"a series released: {why.value}": BookingReleased(
            STAY, why.value, "/me/", restorable=True, more=(NEXT,)
        )
        for why in Release
    },
    "the whole space": BookingMade(replace(STAY, place=""), "/me/"),
    "place free": PlaceFree(STAY, NOON_US - HOUR_US, "/me/"),
    "pass with days": PassEnds("Mölln", "10er-Karte", NOON_US, 3, "days", "Europe/Berlin", "/me/"),
    "pass with an hour": PassEnds("Mölln", "Stunden", None, 1, "hours", "Europe/Berlin", "/me/"),
    "pass with half-days": PassEnds("Mölln", "5er", NOON_US, 2, "half_days", "Europe/Berlin", "/me/"),
    "pass used up": PassEnds("Mölln", "10er-Karte", None, 0, "days", "Europe/Berlin", "/me/"),
    "pass with a date": PassEnds("Mölln", "Monat", NOON_US, None, "days", "Europe/Berlin", "/me/"),
    "gaps": ReportGaps(
        "Mölln",
        NOON_US,
        NOON_US - DAY_US,
        NOON_US,
        "Europe/Berlin",
        LACKS,
        0,
        "/statistics/towns/01053090/gaps",
    ),
    "gaps for a host": ReportGaps("Mölln", NOON_US, NOON_US, NOON_US, "Europe/Berlin", LACKS[3:4], 2, ""),
}

READERS = {
    "sie": Addressee("oe@example.org", "Özlem Şahin", "de", Tone.SIE, 7, SECRET),
    "du": Addressee("oe@example.org", "Özlem Şahin", "de", Tone.DU, 7, SECRET),
    "en": Addressee("oe@example.org", "Özlem Şahin", "en", Tone.SIE, 7, SECRET),
    "nobody by name": Addressee("oe@example.org", "", "de", Tone.SIE, 7, SECRET),
}
