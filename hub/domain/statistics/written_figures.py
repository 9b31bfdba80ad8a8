"""Key figures that somebody wrote down: counts, enquiries, surveys, money, and ways to work (K5, K6, K10)."""

from typing import Final

from hub.domain.statistics.figure import Figure, Grain, Guard, Level, Origin, Unit

_HAND: Final = "Von Hand erfasst, mit Quelle, Datum und wer es erfasst hat"
_ANSWERS: Final = (
    "Freiwillige Angabe; gezählt wird nur, wer sagt, sonst mit dem Auto ins Büro gefahren zu sein"
)
_RANGE: Final = (
    "Hin- und Rückweg je Antwort, nach Entfernungsklassen (0–5, 5–10, 10–20, 20–40, 40–80 km); wer auch in den "
    "Coworking-Ort mit dem Auto kam, zählt nicht"
)
_RANGE_EN: Final = (
    "way there and back for each answer, by classes of distance (0–5, 5–10, 10–20, 20–40, 40–80 km); who came to the "
    "space by car, too, does not count"
)


def _hand(id_: str, de: str, en: str, formula_de: str, formula_en: str, goal_de: str,
          *, level: Level = Level.OUTPUT, money: bool = False) -> Figure:  # fmt: skip
    return Figure(
        id_, de, en, Unit.EURO if money else Unit.COUNT, level, Origin.HAND, Guard.HAND,
        Grain.YEAR if money else Grain.MONTH,
        formula_de=f"{formula_de}. {_HAND}",
        formula_en=f"{formula_en}. Written down by hand, with source, date and by whom",
        goal_de=goal_de,
        is_optional=True,
    )  # fmt: skip


def _asked(id_: str, de: str, en: str, formula_de: str, formula_en: str) -> Figure:
    return Figure(
        id_, de, en, Unit.COUNT, Level.OUTCOME, Origin.SURVEY, Guard.HAND, Grain.YEAR,
        formula_de=formula_de, formula_en=formula_en, goal_de="Zufriedenheit", is_optional=True,
    )  # fmt: skip


def _rate(id_: str, de: str, en: str, goal_de: str, parts: tuple[str, str],
          words: tuple[str, str, str, str], *, level: Level = Level.OUTCOME) -> Figure:  # fmt: skip
    upper, lower, upper_en, lower_en = words
    return Figure(
        id_, de, en, Unit.PERCENT, level, Origin.SURVEY, Guard.RATE, Grain.YEAR,
        formula_de=f"{upper} / {lower} × 100; nicht unter 20 Fällen",
        formula_en=f"{upper_en} / {lower_en} × 100; not below 20 cases",
        numerator_de=upper, denominator_de=lower, goal_de=goal_de, parts=parts, is_optional=True,
    )  # fmt: skip


def _way(id_: str, de: str, en: str, unit: Unit, formula_de: str, formula_en: str,
         *, level: Level = Level.IMPACT) -> Figure:  # fmt: skip
    return Figure(
        id_, de, en, unit, level, Origin.SURVEY, Guard.HAND, Grain.YEAR,
        formula_de=formula_de, formula_en=formula_en, goal_de="Weniger Pendelverkehr", is_optional=True,
    )  # fmt: skip


WRITTEN: Final = (
    _hand("hand_count", "Handzählung Besuche", "Visits counted by hand", "Summe der gezählten Besuche",
          "sum of the visits that were counted", "Nutzung, wo keine Karten gelesen werden", level=Level.OUTCOME),
    _hand("enquiries", "Anfragen", "Enquiries", "Anfragen nach Plätzen, Räumen oder Beratung",
          "enquiries for desks, rooms or advice", "Bekanntheit, Nachfrage"),
    _hand("hand_events", "Veranstaltungen (von Hand erfasst)", "Events (written down by hand)",
          "Veranstaltungen, die nicht gebucht wurden", "events that were not booked", "Begegnung und Vernetzung"),
    _hand("event_guests", "Gäste bei Veranstaltungen", "Guests at events", "Summe der gezählten Gäste",
          "sum of the guests that were counted", "Begegnung und Vernetzung", level=Level.OUTCOME),
    _hand("revenue", "Einnahmen", "Revenue", "Summe der Einnahmen aus Nutzung; „x“, wo nichts verlangt wird",
          "sum of what use brought in; “x” where nothing is charged", "Wirtschaftlichkeit",
          money=True),
    _hand("costs", "Betriebskosten", "Running costs", "Summe der laufenden Kosten", "sum of the running costs",
          "Wirtschaftlichkeit", money=True),
    Figure(
        "cost_cover", "Kostendeckung", "Cost cover", Unit.PERCENT, Level.OUTCOME, Origin.HAND, Guard.DERIVED,
        Grain.YEAR,
        formula_de="Einnahmen / Betriebskosten × 100; „x“, wo nichts verlangt wird, nie 0 %",
        formula_en="revenue / running costs × 100; “x” where nothing is charged, never 0 %",
        numerator_de="Einnahmen", denominator_de="Betriebskosten", goal_de="Wirtschaftlichkeit",
        parts=("revenue", "costs"), is_optional=True,
    ),
    _asked("survey_asked", "Befragte", "People asked", "Personen, die nach ihrer Zufriedenheit gefragt wurden",
           "persons who were asked how satisfied they are"),
    _asked("survey_answers", "Antworten auf Befragungen", "Answers to surveys", "davon Personen, die geantwortet haben",
           "of these, persons who answered"),
    _asked("survey_satisfied", "Zufriedene Befragte", "Satisfied people",
           "davon Personen, die zufrieden oder sehr zufrieden sind",
           "of these, persons who are satisfied or very satisfied"),
    _rate("survey_response_rate", "Rücklauf der Befragungen", "Response rate of surveys", "Güte der Befragung",
          ("survey_answers", "survey_asked"), ("Antworten", "Befragte", "answers", "people asked")),
    _rate("survey_satisfaction", "Zufriedenheit", "Satisfaction", "Zufriedenheit",
          ("survey_satisfied", "survey_answers"),
          ("zufriedene Befragte", "Antworten", "satisfied people", "answers")),
    _way("way_answers", "Antworten zum Arbeitsweg", "Answers on ways to work", Unit.COUNT,
         "Antworten auf die freiwillige Frage nach dem Arbeitsweg (n)",
         "answers to the voluntary question about the way to work (n)", level=Level.OUTPUT),
    _rate("way_response_rate", "Rücklauf zum Arbeitsweg", "Response rate on ways to work", "Güte der Befragung",
          ("way_answers", "visits"), ("Antworten zum Arbeitsweg", "Besuche", "answers on ways to work", "visits"),
          level=Level.OUTPUT),
    _way("way_drivers", "Vermiedene Autofahrten ins Büro", "Car trips to the office avoided", Unit.COUNT,
         f"Antworten, nach denen eine Autofahrt ins Büro entfiel. {_ANSWERS}",
         "answers of people who would otherwise have driven to the office and did not come by car"),
    _rate("way_driver_share", "Anteil vermiedener Autofahrten", "Share of car trips avoided", "Weniger Pendelverkehr",
          ("way_drivers", "way_answers"),
          ("vermiedene Autofahrten", "Antworten zum Arbeitsweg", "car trips avoided", "answers on ways to work"),
          level=Level.IMPACT),
    _way("way_km_low", "Vermiedene Autokilometer, mindestens", "Kilometres not driven, at least", Unit.KILOMETRES,
         f"Untergrenze. {_RANGE}. {_ANSWERS}. Keine Hochrechnung auf alle Nutzenden",
         f"lower bound: {_RANGE_EN}. Not projected to all users"),
    _way("way_km_high", "Vermiedene Autokilometer, höchstens", "Kilometres not driven, at most", Unit.KILOMETRES,
         f"Obergrenze. {_RANGE}. {_ANSWERS}. Keine Hochrechnung auf alle Nutzenden",
         f"upper bound: {_RANGE_EN}. Not projected to all users"),
    _way("way_co2_low", "Vermiedenes CO₂, mindestens", "CO₂ avoided, at least", Unit.KILOGRAMS,
         "vermiedene Autokilometer, mindestens × Emissionsfaktor. Den Faktor mit Quelle und Jahr legt die Stadt fest; "
         "ohne ihn „x“", "kilometres not driven, at least × emission factor, which the town sets with source and year; "
         "“x” without it"),
    _way("way_co2_high", "Vermiedenes CO₂, höchstens", "CO₂ avoided, at most", Unit.KILOGRAMS,
         "vermiedene Autokilometer, höchstens × Emissionsfaktor. Den Faktor mit Quelle und Jahr legt die Stadt fest; "
         "ohne ihn „x“", "kilometres not driven, at most × emission factor, which the town sets with source and year; "
         "“x” without it"),
)  # fmt: skip
