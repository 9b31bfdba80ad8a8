"""Sentences of reports, in German and English: what a member of the council asks, and what is answered; pure.

Each `{name}` is filled in by `report_answers`. A sentence that gives a number has one beside it for the case that
the number is not shown.
"""

from typing import Final

SENTENCES: Final[dict[str, dict[str, str]]] = {
    "de": {
        "title": "Nutzung: {subject}",
        "subtitle_public": "Statistischer Anhang zum Sachbericht",
        "subtitle_internal": "Interne Auswertung, nicht zur Veröffentlichung",
        "subtitle_research": "Auszug für die Forschung, nicht zur Veröffentlichung",
        # The five sentences that a mayor would read aloud.
        "lead_visits": "Im Zeitraum {period} gab es {value} Besuche.",
        "lead_visits_hidden": "Zur Zahl der Besuche im Zeitraum {period} steht hier nichts: {why}.",
        "lead_events": "Es fanden {value} Veranstaltungen statt.",
        "lead_events_one": "Es fand eine Veranstaltung statt.",
        "lead_events_none": "Es fanden keine Veranstaltungen statt.",
        "lead_users": "Im Jahr {period} nutzten {value} Personen das Angebot.",
        "lead_occupancy": "In den Öffnungszeiten waren die gemessenen Arbeitsplätze zu {value} der Zeit belegt.",
        "lead_occupancy_hidden": "Wie stark die Arbeitsplätze belegt waren, steht hier nicht: {why}.",
        "lead_open": "Geöffnet war {value} Stunden.",
        "lead_open_days": "Geöffnet war an {days} Tagen, zusammen {value} Stunden.",
        "lead_no_space": (
            "{town} hat im Zeitraum {period} keinen Coworking-Raum; Zahlen zur Nutzung entfallen deshalb (x), sie sind "
            "nicht null."
        ),
        # Where a period has no number, and some of its months have.
        "part_sum": (
            "{figure}: In {shown} von {count} Monaten darf die Zahl gezeigt werden; zusammen sind das rund {value}."
        ),
        "part_range": (
            "{figure}: In {shown} von {count} Monaten darf die Zahl gezeigt werden; im Monat waren es {value}."
        ),
        "part_short": "{value} ({shown} von {count} Monaten)",
        "part_name": "{figure} ({shown}\u00a0von\u00a0{count}\u00a0Monaten)",
        "part_of_sum": "Summe der gezeigten Monate",
        "part_of_range": "niedrigster und höchster gezeigter Monat",
        # Ten questions, each with what answers it.
        "ask_what": "Worum geht es, und um welche Zeit?",
        "what": "Dieser Bericht beschreibt die Zeit vom {first} bis zum {last}.",
        "counted": "Gezählt wurde hier: {spaces}.",
        "counted_none": "Einen Coworking-Raum gab es in dieser Zeit nicht.",
        "without": (
            "Ohne Coworking-Raum ist {towns}: Dort steht x, denn „kein Raum“ ist etwas anderes als „niemand kam“."
        ),
        "without_many": (
            "Ohne Coworking-Raum sind {towns}: Dort steht x, denn „kein Raum“ ist etwas anderes als „niemand kam“."
        ),
        "ask_how": "Was wurde gezählt, und wie?",
        "how_visits": (
            "Ein Besuch ist eine Person an einem Tag, die mit Karte oder Telefon hereinkam oder vom Personal "
            "eingetragen wurde; wann jemand geht, wird nicht erfasst."
        ),
        "how_sensors": (
            "An {sensed} von {desks} Arbeitsplätzen merkt ein Sensor, ob der Platz benutzt wird: nie, von wem."
        ),
        "how_no_sensors": "Kein Arbeitsplatz hat einen Sensor: Eine Belegung wird deshalb nicht angegeben (x).",
        "how_formulas": "Wie jede Kennzahl berechnet wird, steht am Ende dieses Berichts.",
        "ask_busy": "Wie gut war das Angebot ausgelastet?",
        "busy": "{figures}.",
        "busy_none": "Zur Auslastung gibt es für diesen Zeitraum keine Angabe.",
        "busy_means": (
            "Gebucht und belegt sind zweierlei: Wer bucht, kommt nicht immer, und wer kommt, hat nicht immer gebucht."
        ),
        "ask_hidden": "Was ist verborgen, und warum?",
        "hidden_some": (
            "Von {count} Angaben {are} {hidden} verborgen (Punkt), weil zu wenige Personen dahinterstehen oder sich "
            "sonst eine andere verborgene Zahl errechnen ließe."
        ),
        "hidden_none": "In diesem Bericht ist keine Angabe verborgen.",
        "hidden_rules": (
            "Zahlen zur Nutzung erscheinen erst ab fünf verschiedenen Personen und auf Zehner gerundet; Personen nur "
            "je Jahr und nur als Spanne (unter 5, 5 bis 9, 10 bis 19, 20 und mehr)."
        ),
        "hidden_uncounted": (
            "Dieser Bericht wurde erst nach dem 31. März des Folgejahres erstellt. Bis dahin lässt sich zählen, wie "
            "viele Personen hinter einer Zahl stehen, danach nie mehr; deshalb fehlen Zahlen zur Nutzung, auch wo "
            "viele kamen."
        ),
        "hidden_zero": "Ein Punkt heißt nicht null: Ob dahinter niemand oder jemand steht, bleibt offen.",
        "ask_sure": "Wie sicher sind die Zahlen?",
        "sure": (
            "Für {pct} % der Zeit, in der Arbeitsplätze mit Sensor angeboten wurden, liegen Messwerte vor; was "
            "unbekannt ist, gilt nie als frei."
        ),
        "sure_none": "Messwerte von Sensoren gibt es für diesen Zeitraum nicht.",
        "sure_rounded": (
            "Jede Zahl zur Nutzung ist je Raum und Monat auf Zehner gerundet: Eine Summe über {count} solche Zahlen "
            "kann deshalb um bis zu {off} zu hoch oder zu niedrig sein."
        ),
        "sure_unreliable": (
            "Wo für weniger als 80 % der Zeit Messwerte oder weniger als 20 Fälle vorliegen, steht ein Schrägstrich "
            "statt einer Zahl; das ist hier {count}-mal so."
        ),
        "sure_reliable": "Keine Angabe musste wegen zu weniger Messwerte oder Fälle entfallen.",
        "sure_estimated": "Geschätzte oder von Hand gezählte Zahlen tragen ein s; hier sind es {count}.",
        "ask_changed": "Was hat sich seit dem Vorjahr verändert?",
        "changed": "Gegenüber {earlier}: {changes}.",
        "changed_one": "{figure}: {now} (Vorjahr {before}; {difference})",
        "changed_band": "{figure}: {now} (Vorjahr {before})",
        "changed_none": "Für {earlier} gibt es keine veröffentlichten Zahlen, mit denen verglichen werden könnte.",
        "changed_rounded": "Verglichen werden die gedruckten, gerundeten Zahlen: Kleine Unterschiede bedeuten nichts.",
        "ask_goals": "Wurden die Ziele erreicht?",
        "goals": "{goals}.",
        "goal_met": "{figure}: {actual}, Ziel {target}, erreicht",
        "goal_missed": "{figure}: {actual}, Ziel {target}, nicht erreicht",
        "goal_open": "{figure}: Ziel {target}, nicht zu beurteilen ({why})",
        "goal_no_value": "keine Angabe",
        "goals_none": "Für diesen Zeitraum wurden keine Ziele festgelegt.",
        "ask_not": "Was sagen diese Zahlen nicht?",
        "not": (
            "Sie sagen nicht, wer kam, wie lange jemand blieb, woran gearbeitet wurde oder ob sich Menschen begegnet "
            "sind, und sie beweisen keine Wirkung auf Innenstadt, Verkehr oder Wirtschaft."
        ),
        "not_noon": "Die Mittagspräsenz zählt belegte Plätze zwischen 11:30 und 13:30 Uhr und ist nur eine Näherung.",
        "not_compare": (
            "Städte lassen sich nur mit den Zahlen je Öffnungsstunde, je Arbeitsplatz oder je 1.000 Einwohnerinnen und "
            "Einwohner vergleichen, und nur mit Blick auf Art und Phase der Räume."
        ),
        "ask_persons": "Kann man daraus auf einzelne Menschen schließen?",
        "persons_public": (
            "Nein: Vor jeder Veröffentlichung wird mit allen früheren zusammen geprüft, dass sich auch durch Rechnen "
            "niemand erkennen lässt."
        ),
        "persons_internal": (
            "Diese Fassung zeigt mehr als die veröffentlichte; sie ist nicht zur Veröffentlichung bestimmt und darf "
            "nicht weitergegeben werden."
        ),
        "persons_same": "Rat, Fördergeber und Öffentlichkeit erhalten dieselben Zahlen.",
        "ask_who": "Wer steht dafür ein, und können sich die Zahlen noch ändern?",
        "who": "Herausgeber ist {publisher}; das ist Fassung {version}, berechnet am {made_on}.",
        "who_nobody": "Das ist Fassung {version}, berechnet am {made_on}.",
        "who_frozen": (
            "Die Zahlen sind festgeschrieben und ändern sich nicht mehr, auch wenn die Rohdaten gelöscht sind; eine "
            "Berichtigung erscheint als neue Fassung."
        ),
        "who_preliminary": "Die Zahlen sind vorläufig und können sich bis zur Veröffentlichung noch ändern.",
        "checksum": "Prüfsumme der Zahlen (SHA-256): {checksum}",
        # The method note, beside what is said above.
        "note_signs": "Zeichen: {signs}.",
        "note_method": "Jede Kennzahl nennt die Version ihrer Methode; Zeiten und Tage sind die des Ortes.",
        "note_confidential": (
            "Hinweis zur Vertraulichkeit: Dieser Bericht enthält keine personenbezogenen Daten. Zahlen, aus denen "
            "Einzelne zu erkennen wären, sind verborgen; wer versucht, sie zurückzurechnen, erhält nichts Genaueres."
        ),
        "note_internal": (
            "Hinweis zur Vertraulichkeit: Nicht zur Veröffentlichung. Diese Fassung zeigt mehr, als veröffentlicht "
            "werden darf; einzelne Menschen könnten zu erkennen sein."
        ),
        "is": "ist", "are": "sind",
        "about": "rund {value}",
        "more": "+{value}", "less": "\u2212{value}", "same": "unverändert",
        "points": "{value} Prozentpunkte",
    },
    "en": {
        "title": "Use: {subject}",
        "subtitle_public": "Statistical annex to the project report",
        "subtitle_internal": "Internal, not for publication",
        "subtitle_research": "Extract for research, not for publication",
        "lead_visits": "In {period} there were {value} visits.",
        "lead_visits_hidden": "The number of visits in {period} is not told: {why}.",
        "lead_events": "{value} events took place.",
        "lead_events_one": "One event took place.",
        "lead_events_none": "No events took place.",
        "lead_users": "In {period}, the number of persons who used the offer was {value}.",
        "lead_occupancy": "In opening hours the measured desks were in use for {value} of the time.",
        "lead_occupancy_hidden": "How much the desks were in use is not told: {why}.",
        "lead_open": "It was open for {value} hours.",
        "lead_open_days": "It was open on {days} days, for {value} hours altogether.",
        "lead_no_space": (
            "{town} has no coworking space in {period}; numbers of use do not apply (x), they are not zero."
        ),
        # Where a period has no number, and some of its months have.
        "part_sum": (
            "{figure}: the number may be shown for {shown} of {count} months; together that is about {value}."
        ),
        "part_range": "{figure}: the number may be shown for {shown} of {count} months; by month it was {value}.",
        "part_short": "{value} ({shown} of {count} months)",
        "part_name": "{figure} ({shown}\u00a0of\u00a0{count}\u00a0months)",
        "part_of_sum": "sum of the months shown",
        "part_of_range": "lowest and highest of the months shown",
        "ask_what": "What is this about, and which time?",
        "what": "This report describes the time from {first} to {last}.",
        "counted": "Counted was here: {spaces}.",
        "counted_none": "There was no coworking space in that time.",
        "without": "{towns} has no coworking space: it shows x, because “no space” is not the same as “nobody came”.",
        "without_many": (
            "{towns} have no coworking space: they show x, because “no space” is not the same as “nobody came”."
        ),
        "ask_how": "What was counted, and how?",
        "how_visits": (
            "A visit is one person on one day who came in by card or phone, or was noted by a host; when somebody "
            "leaves is not recorded."
        ),
        "how_sensors": "At {sensed} of {desks} desks a sensor notices whether the desk is in use: never by whom.",
        "how_no_sensors": "No desk has a sensor, so no occupancy is given (x).",
        "how_formulas": "How each figure is worked out stands at the end of this report.",
        "ask_busy": "How well was the offer used?",
        "busy": "{figures}.",
        "busy_none": "Nothing can be said of this for the period.",
        "busy_means": (
            "Booked and in use are two things: who books does not always come, and who comes has not always booked."
        ),
        "ask_hidden": "What is hidden, and why?",
        "hidden_some": (
            "Of {count} values {hidden} {are} hidden (a dot), because too few persons stand behind them or another "
            "hidden value could be worked out."
        ),
        "hidden_none": "No value in this report is hidden.",
        "hidden_rules": (
            "Numbers of use appear from five different persons on and to the nearest ten; persons only per year and "
            "only as a range (under 5, 5 to 9, 10 to 19, 20 and more)."
        ),
        "hidden_uncounted": (
            "This report was made after 31 March of the year after. Until then it can be counted how many persons "
            "stand behind a number, and never again later; so numbers of use are missing, even where many people came."
        ),
        "hidden_zero": "A dot does not mean zero: whether nobody or somebody stands behind it is left open.",
        "ask_sure": "How sure are the numbers?",
        "sure": (
            "For {pct}% of the time in which desks with a sensor were offered there are measurements; unknown is "
            "never free."
        ),
        "sure_none": "There are no measurements of sensors for this period.",
        "sure_rounded": (
            "Each number of use is rounded to tens for each space and month: a sum of {count} such numbers may "
            "therefore be too high or too low by up to {off}."
        ),
        "sure_unreliable": (
            "Where less than 80% of the time was measured, or there are fewer than 20 cases, a slash stands instead "
            "of a number; here {count} times."
        ),
        "sure_reliable": "No value had to be left out for want of measurements or cases.",
        "sure_estimated": "Numbers that were estimated or counted by hand have an s; here {count}.",
        "ask_changed": "What has changed since last year?",
        "changed": "Compared with {earlier}: {changes}.",
        "changed_one": "{figure}: {now} (a year before {before}; {difference})",
        "changed_band": "{figure}: {now} (a year before {before})",
        "changed_none": "There are no published numbers of {earlier} to compare with.",
        "changed_rounded": "Compared are the printed, rounded numbers: small differences mean nothing.",
        "ask_goals": "Were the targets met?",
        "goals": "{goals}.",
        "goal_met": "{figure}: {actual}, target {target}, met",
        "goal_missed": "{figure}: {actual}, target {target}, not met",
        "goal_open": "{figure}: target {target}, can't be judged ({why})",
        "goal_no_value": "no value",
        "goals_none": "No targets were set for this period.",
        "ask_not": "What do these numbers not say?",
        "not": (
            "They do not say who came, how long somebody stayed, what was worked on or whether people met, and they "
            "prove no effect on town centre, traffic or economy."
        ),
        "not_noon": "Presence at noon counts desks in use between 11:30 and 13:30 and is only a proxy.",
        "not_compare": (
            "Towns can be compared only by numbers per opening hour, per desk or per 1,000 inhabitants, and only with "
            "kind and phase of their spaces in mind."
        ),
        "ask_persons": "Can single persons be recognised?",
        "persons_public": (
            "No: before each publication it is checked, together with all earlier ones, that nobody can be "
            "recognised, not by arithmetic either."
        ),
        "persons_internal": (
            "This version shows more than the published one; it is not for publication and must not be handed on."
        ),
        "persons_same": "Council, funder and public receive the same numbers.",
        "ask_who": "Who answers for it, and can the numbers still change?",
        "who": "It is published by {publisher}; this is version {version}, worked out on {made_on}.",
        "who_nobody": "This is version {version}, worked out on {made_on}.",
        "who_frozen": (
            "The numbers are frozen and change no more, not even when the raw data is gone; a correction appears as a "
            "new version."
        ),
        "who_preliminary": "The numbers are preliminary and may change until they are published.",
        "checksum": "Checksum of the numbers (SHA-256): {checksum}",
        "note_signs": "Signs: {signs}.",
        "note_method": "Each figure names the version of its method; times and days are those of the place.",
        "note_confidential": (
            "Confidentiality: this report holds no personal data. Numbers by which somebody could be recognised are "
            "hidden; working backwards gives nothing more precise."
        ),
        "note_internal": (
            "Confidentiality: not for publication. This version shows more than may be published; single persons "
            "might be recognised."
        ),
        "is": "is", "are": "are",
        "about": "about {value}",
        "more": "+{value}", "less": "\u2212{value}", "same": "unchanged",
        "points": "{value} percentage points",
    },
}  # fmt: skip
"""By language, then by name."""
