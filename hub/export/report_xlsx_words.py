"""Names of sheets, and what stands on them alone, in German and English."""

from typing import Final

XLSX: Final[dict[str, dict[str, str]]] = {
    "de": {
        "overview": "Überblick",
        "course": "Verlauf",
        "data": "Daten",
        "method": "Methode",
        "about": "Wovon",
        "text": "Was dazu zu wissen ist",
        "note": "Methodenhinweis",
        "no_bar": "Spannen und Zeichen (. / x …) haben im Diagramm keine Säule: Sie sind nicht null.",
        "chart_alt": "Dieselben Zahlen stehen in der Tabelle darüber.",
    },
    "en": {
        "overview": "Overview",
        "course": "Course",
        "data": "Data",
        "method": "Method",
        "about": "About",
        "text": "What is to be known",
        "note": "Method note",
        "no_bar": "Ranges and signs (. / x …) have no bar in the chart: they are not zero.",
        "chart_alt": "The same numbers stand in the table above.",
    },
}
"""By language."""
