"""All that is stored about a person as JSON and as a page to read (requirement P5, Art. 15 and 20 GDPR)."""

import html
import json
from collections.abc import Mapping
from typing import Any, Final

from hub.domain.person import PersonData, Section
from hub.domain.time import to_utc

FORMAT: Final = "ankerort/person/1"

# English, German; whatever table is new has its own name until it is worded here.
_TABLES: Final[Mapping[str, tuple[str, str]]] = {
    "member": ("The person", "Die Person"),
    "membership": ("Memberships", "Mitgliedschaften"),
    "membership_door": ("Doors of memberships", "Türen der Mitgliedschaften"),
    "membership_group": ("Groups", "Gruppen"),
    "account": ("Account for signing in", "Zugang zur Anmeldung"),
    "account_role": ("Roles of the account", "Rollen des Zugangs"),
    "card": ("Cards", "Karten"),
    "card_lookup": ("Where devices know the cards", "Wo Geräte die Karten kennen"),
    "card_order": ("Cards asked for at readers", "An Lesern angeforderte Karten"),
    "member_pass": ("Passes", "Pässe"),
    "visit": ("Visits, by day", "Besuche, nach Tagen"),
    "stay": ("Stays, by day and length", "Aufenthalte, nach Tag und Dauer"),
    "contribution": ("What statistics know, under a pseudonym", "Was die Statistik weiß, unter Pseudonym"),
    "door_log": ("Log of doors", "Türprotokoll"),
    "chain_entry": ("Log of actions and doors", "Protokoll der Handlungen und Türen"),
    "command": ("Commands that the account gave", "Aufträge des Zugangs"),
    "rota": ("Who is called about alarms", "Wer bei Alarm gerufen wird"),
    "log_opening": ("Openings of the door log by the account", "Einblicke des Zugangs in das Türprotokoll"),
    "booking": ("Bookings", "Buchungen"),
    "booking_series": ("Series of bookings", "Serien von Buchungen"),
    "claim": ("Desks of bookings", "Plätze der Buchungen"),
    "check_in": ("Check-ins", "Anmeldungen am Platz"),
    "api_token": ("Tokens for programs", "Schlüssel für Programme"),
    "calendar_feed": ("Calendar address", "Kalenderadresse"),
    "outbox": ("Letters by mail", "Nachrichten per Mail"),
    "mail_choice": ("Choices about letters", "Wünsche zu Nachrichten"),
    "mail_off": ("Letters that are not wanted", "Abbestellte Nachrichten"),
    "pass_told": ("Passes that letters told of", "Pässe, zu denen eine Nachricht ging"),
    "door_alarm": ("Alarms that the account took on", "Alarme, die der Zugang übernommen hat"),
}

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "title": ("What is stored about %s", "Was über %s gespeichert ist"),
    "made": ("Collected on %s (UTC)", "Zusammengestellt am %s (UTC)"),
    "hidden": (
        "Stored, and not shown here because it opens something",
        "Gespeichert und hier nicht gezeigt, weil es etwas öffnet",
    ),
    "nothing": ("nothing", "nichts"),
    "yes": ("yes", "ja"),
    "no": ("no", "nein"),
}

_STYLE: Final = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #767676;padding:.25rem .5rem;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere}div{overflow-x:auto}"
)


def person_json(data: PersonData) -> bytes:
    """Return everything for other programs: UTF-8, times as ISO 8601 in UTC."""
    told = {
        "format": FORMAT,
        "member": data.member,
        "name": data.name,
        "made_at": to_utc(data.made_us).isoformat(),
        "not_shown": list(data.hidden),
        "sections": {section.table: [dict(row) for row in section.rows] for section in data.sections},
    }
    return json.dumps(told, ensure_ascii=False, indent=2).encode("utf-8") + b"\n"


def person_html(data: PersonData, language: str) -> bytes:
    """Return everything as one page that needs nothing else: no script, no picture, no network.

    Args:
        language: `de` or `en`.
    """
    which = 1 if language == "de" else 0
    title = html.escape(_WORDS["title"][which] % data.name)
    made = html.escape(_WORDS["made"][which] % f"{to_utc(data.made_us):%Y-%m-%d %H:%M}")
    hidden = html.escape(", ".join(data.hidden) or _WORDS["nothing"][which])
    parts = "".join(_section(section, which) for section in data.sections)
    page = (
        f'<!doctype html>\n<html lang="{"de" if which else "en"}">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n<body>\n<main>\n<h1>{title}</h1>\n<p>{made}</p>\n"
        f"{parts}<p>{html.escape(_WORDS['hidden'][which])}: {hidden}</p>\n</main>\n</body>\n</html>\n"
    )
    return page.encode("utf-8", "replace")


def _section(section: Section, which: int) -> str:
    heading = html.escape(_TABLES.get(section.table, (section.table, section.table))[which])
    columns = list(dict.fromkeys(column for row in section.rows for column in row))
    head = "".join(f'<th scope="col">{html.escape(column)}</th>' for column in columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{_cell(row.get(column), which)}</td>" for column in columns) + "</tr>\n"
        for row in section.rows
    )
    return (
        f'<h2 id="{section.table}">{heading}</h2>\n<div tabindex="0" role="region" aria-labelledby="{section.table}">'
        f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )


def _cell(value: Any, which: int) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _WORDS["yes" if value else "no"][which]
    if isinstance(value, Mapping):
        return html.escape(json.dumps(value, ensure_ascii=False, sort_keys=True))
    return html.escape(str(value))
